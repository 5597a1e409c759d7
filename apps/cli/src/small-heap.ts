import { setFlagsFromString } from 'node:v8'

/** By so much of what is in use the heap grows before all of it is collected, in percent; by default it is up to 300. */
const GROWTH = '--heap-growing-percent=40'
/** Each half of what is collected often, MiB; by default it grows to 32. V8 takes this at its start only. */
const YOUNG_HALF = '--max-semi-space-size=4'
const YOUNG_HALF_GIVEN = /--max[-_]semi[-_]space[-_]size/

/** What of a process says whether it can be started again, and has to be. */
export interface StartedProcess extends Pick<NodeJS.Process, 'execArgv' | 'env' | 'platform'> {
  readonly channel?: object | undefined
}

/** Flags that a process has to be started with again; none if it was, if its flags say otherwise, or if it cannot be. */
export function missingFlags({ execArgv, env, platform, channel }: StartedProcess): readonly string[] {
  if ([...execArgv, env.NODE_OPTIONS ?? ''].some((flags) => YOUNG_HALF_GIVEN.test(flags))) return []
  // Windows cannot replace a process, and the channel to one that has forked this one would be lost.
  return platform === 'win32' || channel !== undefined ? [] : [YOUNG_HALF]
}

/**
 * Have V8 collect garbage before it is a multiple of what is in use. What has to be said at the start of a process is said by
 * starting this one again: with the same id, streams and arguments, before it has done anything.
 */
export function useSmallHeap(): void {
  setFlagsFromString(GROWTH)
  const flags = missingFlags(process)
  if (flags.length === 0) return
  const { execPath, execArgv, argv } = process
  try {
    process.execve?.(execPath, [execPath, ...flags, ...execArgv, ...argv.slice(1)])
  } catch {
    // It is not permitted here (--permission): then it takes some more memory.
  }
}

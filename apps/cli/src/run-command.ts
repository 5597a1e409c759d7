import type { Writable } from 'node:stream'
import { E2StoreError } from '@datastreamer/e2store'
import { StreamError } from '@datastreamer/format'
import { SequencerEntryError } from '@datastreamer/sequencer-entries'
import { ExitCode } from '@datastreamer/service/exit-code'
import { escapeControls } from '@datastreamer/service/text'
import { ConfigError, tlsHint } from '@datastreamer/service/tls'
import { DamageError } from '@datastreamer/store'
import { InterruptedError, OutputClosedError, UsageError } from './errors.ts'
import { Output } from './output/output.ts'
import { TLS_FLAGS } from './source/source-options.ts'

/** What a command has of the process around it. */
export interface CommandContext {
  readonly out: Output
  /** Aborted, with an {@link InterruptedError}, at Ctrl-C, and when nobody reads the output any more. */
  readonly signal: AbortSignal
  /** Write a line for people to standard error. */
  note(line: string): void
}

/** What a command does; without a status, all went well. */
export type CommandWork = (context: CommandContext) => Promise<ExitCode> | Promise<void>

/** Runs what a command does. */
export type RunCommand = (work: CommandWork) => Promise<void>

/** Where a command's output goes. */
export interface CommandStreams {
  readonly stdout: Writable
  readonly stderr: Writable
}

/** What ends a command: Ctrl-C, a request to end, a terminal that is closed. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Run a command as the process: Ctrl-C ends it, and what it throws becomes a message and a status. A second Ctrl-C ends
 * the process at once.
 */
export async function runInProcess(work: CommandWork): Promise<void> {
  const interrupt = new AbortController()
  const onSignal = (): void => {
    if (interrupt.signal.aborted) process.exit(ExitCode.failed)
    interrupt.abort(new InterruptedError())
  }
  for (const name of SIGNALS) process.on(name, onSignal)
  try {
    process.exitCode = await runWork(work, process, interrupt.signal)
  } finally {
    for (const name of SIGNALS) process.off(name, onSignal)
  }
}

/** Do what a command does, until it is interrupted or nobody reads its output any more; gives its status. */
export async function runWork(
  work: CommandWork,
  { stdout, stderr }: CommandStreams,
  interrupted: AbortSignal,
): Promise<ExitCode> {
  const out = new Output(stdout)
  const note = (line: string): void => void stderr.write(`${escapeControls(line)}\n`)
  // Notes that nobody reads any more change nothing.
  stderr.on('error', () => {})
  try {
    const status = (await work({ out, note, signal: AbortSignal.any([interrupted, out.closed]) })) ?? ExitCode.ok
    await out.flush().catch(unlessClosed)
    return status
  } catch (error) {
    if (!(error instanceof OutputClosedError)) note(`datastreamer: ${explain(error)}`)
    for (const line of stackOf(error)) note(line)
    return statusOf(error)
  }
}

/** Wait for what goes on until it is interrupted: then it is done. */
export async function untilInterrupted(work: Promise<void>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error
  }
}

/** The work is done, read or not. */
function unlessClosed(error: unknown): void {
  if (!(error instanceof OutputClosedError)) throw error
}

function statusOf(error: unknown): ExitCode {
  if (error instanceof OutputClosedError) return ExitCode.ok
  return error instanceof UsageError || error instanceof ConfigError ? ExitCode.usage : ExitCode.failed
}

function hintAt({ code }: DamageError): string {
  return code === 'WRONG_STREAM_TYPE' ? '--stream-type says which is expected' : 'verify reports all that is damaged'
}

function explain(error: unknown): string {
  if (error instanceof DamageError) return `${error.message} (${hintAt(error)})`
  if (error instanceof SequencerEntryError) return `${error.message} (--generation says how entries are encoded)`
  const hint = tlsHint(error, TLS_FLAGS)
  if (hint !== undefined && error instanceof Error) return `${error.message} (${hint})`
  if (!isForeseen(error)) return String(error)
  return systemText(error) ?? error.message
}

/** What the system's errors about a path mean, in words. */
const SYSTEM_TEXTS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a part of this path is no folder',
  EISDIR: 'is a folder, expected a file',
  ELOOP: 'its symbolic links lead in a circle',
  EACCES: 'no permission',
  EPERM: 'no permission',
  EROFS: 'the file system is read-only',
}

function systemText({ code, path, syscall }: NodeJS.ErrnoException): string | undefined {
  if (path === undefined || code === undefined) return undefined
  const text = code === 'EEXIST' && syscall === 'mkdir' ? 'is a file, expected a folder' : SYSTEM_TEXTS[code]
  return text && `${path}: ${text} (${code})`
}

/** What was foreseen explains itself, as do the errors of the system; the rest is a fault, whose stack helps. */
function isForeseen(error: unknown): error is Error {
  if (error instanceof StreamError || error instanceof E2StoreError || error instanceof RangeError) return true
  return error instanceof Error && 'syscall' in error
}

/** The lines of the stack of a fault. */
function stackOf(error: unknown): readonly string[] {
  if (isForeseen(error) || !(error instanceof Error)) return []
  return error.stack?.match(/^ {4}at .*$/gm) ?? []
}

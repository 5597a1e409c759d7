/** What the Go programs take for their options, so that their deployments start unchanged. docs/operations.md */

const NS_PER_MS = 1_000_000
/**
 * Read a duration of the Go relay's file or variables: nanoseconds, or `1m30s`. A number too small for nanoseconds to be
 * meant has the unit of the flag.
 *
 * @returns milliseconds with their unit, or what was given if it is no number of nanoseconds
 */
export function goDuration(given: unknown): unknown {
  const amount = /^\d+$/.test(String(given)) ? Number(given) : 0
  return amount >= NS_PER_MS ? `${Math.round(amount / NS_PER_MS)}ms` : given
}

const LEVELS: Readonly<Record<string, string>> = { warning: 'warn', dpanic: 'fatal', panic: 'fatal' }

/** A log level of the Go relay. */
export function goLevel(given: unknown): unknown {
  if (typeof given !== 'string') return given
  const level = given.toLowerCase()
  return LEVELS[level] ?? level
}

/** The Go logger writes lines for people in `development` and JSON in `production`. */
export function goLogFormat(given: unknown): unknown {
  return given === 'production' ? 'json' : given === 'development' ? 'pretty' : given
}

/**
 * Go takes flags with one dash or two, and a value after an equals sign for all of them: `-server x`, `--c=x`. Levels of
 * the log may be in any case.
 *
 * @param flags those of the Go program, without dashes, all of which take a value
 */
export function goArguments(argv: readonly string[], flags: readonly string[]): string[] {
  const spelled: string[] = []
  let awaiting: string | undefined
  for (const argument of argv) {
    const [, flag, value] = /^--?([a-z-]+)(?:=(.*))?$/s.exec(argument) ?? []
    if (awaiting !== undefined) {
      spelled.push(goValue(awaiting, argument))
      awaiting = undefined
    } else if (flag === undefined || !flags.includes(flag)) {
      spelled.push(argument)
    } else {
      const dashed = flag.length === 1 ? `-${flag}` : `--${flag}`
      if (value === undefined) {
        spelled.push(dashed)
        awaiting = flag
      } else if (flag.length === 1) spelled.push(dashed, value)
      else spelled.push(`${dashed}=${goValue(flag, value)}`)
    }
  }
  return spelled
}

function goValue(flag: string, value: string): string {
  return flag === 'log' ? String(goLevel(value)) : value
}

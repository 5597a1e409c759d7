/** What the Go relay takes for its options, so that its deployments start unchanged. docs/operations.md */

const NS_PER_MS = 1_000_000
/** `3s`, `1m30s`, `500ms`: as Go writes durations. */
const GO_DURATION = /^(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?$/

/**
 * Read a duration of the Go relay's file or variables: nanoseconds, or `1m30s`. Of a number too small for that to be
 * meant it takes the unit of the flag.
 *
 * @returns milliseconds with their unit, or what was given if it is neither
 */
export function goDuration(given: unknown, unit: 'ms' | 's'): unknown {
  const text = String(given)
  if (/^\d+$/.test(text)) {
    const amount = Number(text)
    return amount >= NS_PER_MS ? `${Math.round(amount / NS_PER_MS)}ms` : `${text}${unit}`
  }
  const [match, hours = 0, minutes = 0, seconds = 0, ms = 0] = GO_DURATION.exec(text) ?? []
  if (match === undefined || match === '') return given
  return `${Number(hours) * 3_600_000 + Number(minutes) * 60_000 + Math.round(Number(seconds) * 1000) + Number(ms)}ms`
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

const GO_FLAGS = new Set(['c', 'cfg', 'server', 'port', 'file', 'log', 'writetimeout', 'inactivitytimeout'])

/**
 * Go takes flags with one dash or two, and a value behind an equals sign for all of them: `-server x`, `--c=x`. Levels of
 * the log may be in any case.
 */
export function goArguments(argv: readonly string[]): string[] {
  const spelled: string[] = []
  let awaiting: string | undefined
  for (const argument of argv) {
    const [, short, value] = /^--?([a-z]+)(?:=(.*))?$/s.exec(argument) ?? []
    if (awaiting !== undefined) {
      spelled.push(goValue(awaiting, argument))
      awaiting = undefined
    } else if (short === undefined || !GO_FLAGS.has(short)) {
      spelled.push(argument)
    } else {
      const name = short === 'c' ? 'cfg' : short
      spelled.push(value === undefined ? `--${name}` : `--${name}=${goValue(name, value)}`)
      if (value === undefined) awaiting = name
    }
  }
  return spelled
}

function goValue(flag: string, value: string): string {
  return flag === 'log' ? String(goLevel(value)) : value
}

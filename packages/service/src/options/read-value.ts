import { inspect } from 'node:util'
import { ConfigError } from '../errors.ts'
import type { Option } from './option.ts'

export type Value = string | number | bigint | boolean | readonly string[]

const MAX_U64 = (1n << 64n) - 1n
const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const
const UNIT_BYTES = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 } as const
/** Longest delay that a timer takes. */
const MAX_TIMER_MS = 0x7fff_ffff

/**
 * Read what was given for an option: text of a flag or variable, or a value of a configuration file.
 *
 * @param from where it was given, for the error
 * @throws {ConfigError} `BAD_VALUE`
 */
export function readValue(option: Option, given: unknown, from: string): Value {
  const value = read(option, given)
  if (value !== undefined) return value
  const found = typeof given === 'string' ? `"${given}"` : inspect(given, { depth: 1, breakLength: Infinity })
  throw new ConfigError('BAD_VALUE', `${from}: ${found} is not ${expectation(option)}`)
}

/** What an option can be, for people. */
function expectation(option: Option): string {
  switch (option.type) {
    case 'text':
      return 'a text'
    case 'host':
      return 'a name or an address'
    case 'list':
      return 'a text or a list of texts'
    case 'choice':
      return `one of ${option.choices.join(', ')}`
    case 'boolean':
      return 'true or false'
    case 'integer':
      return `a whole number from ${option.min} to ${option.max}`
    case 'u64':
      return 'a whole number from 0 to 2^64 - 1'
    case 'rate':
      return 'off or a rate such as 512KiB/s or 4MiB/s'
    case 'duration':
      return `a time of at most 24 days in ${option.unit}, or with units such as 500ms, 3s, 1m30s`
  }
}

function read(option: Option, given: unknown): Value | undefined {
  switch (option.type) {
    case 'text':
      return typeof given === 'string' && given !== '' ? given : undefined
    case 'host':
      return typeof given === 'string' && given !== '' ? given.replace(/^\[(.+)\]$/, '$1') : undefined
    case 'list':
      return readList(given)
    case 'choice':
      return typeof given === 'string' && option.choices.includes(given) ? given : undefined
    case 'boolean':
      return readBoolean(given)
    case 'integer':
      return readInteger(given, option)
    case 'u64':
      return readU64(given)
    case 'rate':
      return readRate(given)
    case 'duration':
      return readDuration(given, option.unit)
  }
}

function readList(given: unknown): readonly string[] | undefined {
  const items: unknown[] = typeof given === 'string' ? given.split(',') : Array.isArray(given) ? given : []
  const texts = items.flatMap((item) => (typeof item === 'string' && item.trim() !== '' ? [item.trim()] : []))
  return texts.length > 0 && texts.length === items.length ? texts : undefined
}

function readBoolean(given: unknown): boolean | undefined {
  if (typeof given === 'boolean') return given
  if (typeof given !== 'string') return undefined
  if (['true', '1', 'yes', 'on'].includes(given.toLowerCase())) return true
  return ['false', '0', 'no', 'off'].includes(given.toLowerCase()) ? false : undefined
}

function readInteger(given: unknown, { min, max }: { readonly min: number; readonly max: number }): number | undefined {
  const number = readU64(given)
  return number !== undefined && number >= BigInt(min) && number <= BigInt(max) ? Number(number) : undefined
}

function readU64(given: unknown): bigint | undefined {
  const text = typeof given === 'number' && Number.isSafeInteger(given) ? String(given) : given
  const number = typeof text === 'string' && /^\d{1,20}$/.test(text) ? BigInt(text) : text
  return typeof number === 'bigint' && number >= 0n && number <= MAX_U64 ? number : undefined
}

/** Parts of a duration with units, largest first: `500ms`, `1m30s`, `1.5h`. */
const DURATION =
  /^(?:(?<h>\d+(?:\.\d+)?)h)?(?:(?<m>\d+(?:\.\d+)?)m(?!s))?(?:(?<s>\d+(?:\.\d+)?)s)?(?:(?<ms>\d+(?:\.\d+)?)ms)?$/

/** Bytes in a second of `off` or `4MiB/s`. */
export function readRate(given: unknown): number | undefined {
  if (given === 'off') return 0
  const match = typeof given === 'string' ? /^(\d{1,9}(?:\.\d{1,3})?) ?([KMG])iB\/s$/.exec(given) : null
  if (match === null) return undefined
  const rate = Math.round(Number(match[1]) * UNIT_BYTES[match[2] as keyof typeof UNIT_BYTES])
  return rate > 0 ? rate : undefined
}

function readDuration(given: unknown, unit: 'ms' | 's'): number | undefined {
  if (typeof given !== 'string' && typeof given !== 'number' && typeof given !== 'bigint') return undefined
  const text = String(given)
  const parts = /^\d+(?:\.\d+)?$/.test(text) ? { [unit]: text } : DURATION.exec(text)?.groups
  if (parts === undefined || text === '') return undefined
  const amounts = Object.entries(UNIT_MS).map(([name, factor]) => Number(parts[name] ?? 0) * factor)
  const ms = Math.round(amounts.reduce((sum, amount) => sum + amount, 0))
  return ms <= MAX_TIMER_MS ? ms : undefined
}

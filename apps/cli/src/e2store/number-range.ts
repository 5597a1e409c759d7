import type { NumberRange } from '@datastreamer/e2store/mirror'
import { InvalidArgumentError } from 'commander'

/** Read `A..B`, both included, `A..` or `A`. */
export function readNumberRange(text: string): NumberRange {
  const match = /^(\d{1,15})(?:(\.\.)(\d{1,15})?)?$/.exec(text)
  const first = Number(match?.[1])
  const last = match?.[2] === undefined ? first : Number(match[3] ?? Number.POSITIVE_INFINITY)
  if (match === null || last < first) throw new InvalidArgumentError('Expected numbers like 0..99, 100.. or 7.')
  return last === Number.POSITIVE_INFINITY ? { first } : { first, last }
}

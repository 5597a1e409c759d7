import { createHash } from 'node:crypto'
import { type Entry, encodeEntry } from '@datastreamer/format'

/**
 * What a consumer stores to go on after an entry, in the transaction with what it made of it: up to that entry, it has
 * the stream that had this entry. A short text for one column, or JSON: `"<number>:<hash>"`.
 *
 * `number` is the entry's, in decimal; where an earlier entry has to be the same too, `<its number>-<number>`. `hash` is
 * the SHA-256, in hex, of the entries' encodings (docs/spec/stream-file.md §3), the earlier one first.
 */
export type Checkpoint = string

/** A checkpoint, taken apart. */
export interface CheckpointParts {
  readonly text: Checkpoint
  /** Number of the first entry that has to be the same; that of the last if there is no other. */
  readonly first: bigint
  /** Number of the entry after which to go on. */
  readonly last: bigint
}

const CHECKPOINT = /^(?:(\d{1,20})-)?(\d{1,20}):[0-9a-f]{64}$/
const MAX_NUMBER = 2n ** 64n - 1n

/**
 * The checkpoint after an entry.
 *
 * @param opening an entry before it that has to be the same too. What tells one history from another may stand there: the
 * end of an L2 block holds no more than its number, the entry that opens it holds its hash.
 * @throws {RangeError} if `opening` comes after `entry`
 */
export function checkpointOf(entry: Entry, opening: Entry = entry): Checkpoint {
  if (opening.number > entry.number) throw new RangeError(`entry ${opening.number} is not before entry ${entry.number}`)
  const hash = createHash('sha256')
  if (opening.number < entry.number) hash.update(encodeEntry(opening))
  const digest = hash.update(encodeEntry(entry)).digest('hex')
  return opening.number < entry.number ? `${opening.number}-${entry.number}:${digest}` : `${entry.number}:${digest}`
}

/** Take a checkpoint apart. @throws {TypeError} if it is none */
export function parseCheckpoint(text: Checkpoint): CheckpointParts {
  const [, first, last] = (typeof text === 'string' && CHECKPOINT.exec(text)) || []
  if (last === undefined) throw new TypeError(`${JSON.stringify(text)} is no checkpoint`)
  const parts = { text, first: BigInt(first ?? last), last: BigInt(last) }
  if (parts.last <= MAX_NUMBER && (first === undefined || parts.first < parts.last)) return parts
  throw new TypeError(`"${text}" is no checkpoint`)
}

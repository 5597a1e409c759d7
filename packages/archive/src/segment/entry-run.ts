import { ENTRY_HEAD_BYTES, FormatError, viewOf, walkRun } from '@datastreamer/format'
import { SegmentError, type SegmentStep } from '../errors.ts'

/** Most bytes of entries in a record, uncompressed: the largest entry fits. */
export const MAX_RUN_BYTES = 1_048_576

/** The entries of one record, back to back. */
export interface EntryRun {
  /** Number of the first entry. */
  readonly first: bigint
  readonly count: number
  readonly bytes: Uint8Array
  /** Where the record begins in its file. */
  readonly position: number
  /** How many entries stand before each operation boundary in it; none in layout 1, which does not have them. */
  readonly boundaries: readonly number[]
}

/** What {@link countEntries} found. */
export interface EntryCount {
  readonly first: bigint
  readonly count: number
}

/**
 * Count the entries in the bytes of the record at `position`: there have to be whole ones, at least one, and nothing else.
 *
 * @param first number that the first entry must have, if that is known
 * @throws {SegmentError} `BAD_ENTRIES`
 */
export function countEntries(bytes: Uint8Array, position: number, step: SegmentStep, first?: bigint): EntryCount {
  const bad = (what: string, cause?: unknown): SegmentError =>
    new SegmentError('BAD_ENTRIES', what, position, step, { cause })
  if (bytes.length < ENTRY_HEAD_BYTES) throw bad(`${bytes.length} bytes where entries should be`)
  const view = viewOf(bytes)
  const number = first ?? view.getBigUint64(9)
  try {
    const { stop, count, end } = walkRun(view, 0, bytes.length, number)
    if (stop === 'end') return { first: number, count }
    throw bad(`only ${end} of ${bytes.length} bytes are whole entries`)
  } catch (error) {
    throw error instanceof FormatError ? bad(error.message, error) : error
  }
}

/** The bytes of each entry, head and data. */
export function* encodedEntries({ bytes }: Pick<EntryRun, 'bytes'>): Generator<Uint8Array, void, void> {
  const view = viewOf(bytes)
  for (let at = 0; at < bytes.length; ) {
    const end = at + view.getUint32(at + 1)
    yield bytes.subarray(at, end)
    at = end
  }
}

import { type E2Record, RECORD_HEADER_BYTES } from '@datastreamer/e2store'
import { snappyFramedDecode } from '@datastreamer/e2store/snappy'
import { ENTRY_HEAD_BYTES, FormatError, viewOf, walkRun } from '@datastreamer/format'
import { SegmentError, type SegmentStep } from './errors.ts'
import { MAX_RUN_BYTES } from './layout.ts'

/** The entries of one StreamEntries record, back to back. */
export interface EntryRun {
  /** Number of the first entry. */
  readonly first: bigint
  readonly count: number
  readonly bytes: Uint8Array
  /** The record, compressed as it lies in the file. */
  readonly record: E2Record
}

/**
 * Decompress the entries of a record.
 *
 * @param first number that the first entry must have, if that is known
 * @throws {SegmentError} `BAD_ENTRIES` @throws {E2StoreError}
 * @see docs/spec/archive.md §2.2
 */
export function decodeRun(record: E2Record, step: SegmentStep, first?: bigint): EntryRun {
  const { position } = record
  const at = position + RECORD_HEADER_BYTES
  const bytes = snappyFramedDecode(record.data, { maxBytes: MAX_RUN_BYTES, position: at, step })
  const bad = (what: string, cause?: unknown): SegmentError =>
    new SegmentError('BAD_ENTRIES', what, position, step, { cause })
  if (bytes.length < ENTRY_HEAD_BYTES) throw bad(`${bytes.length} bytes where entries should be`)
  const view = viewOf(bytes)
  const number = first ?? view.getBigUint64(9)
  try {
    const { stop, count, end } = walkRun(view, 0, bytes.length, number)
    if (stop === 'end') return { first: number, count, bytes, record }
    throw bad(`only ${end} of ${bytes.length} bytes are whole entries`)
  } catch (error) {
    throw error instanceof FormatError ? bad(error.message, error) : error
  }
}

/** The bytes of each entry, head and data. */
export function* encodedEntries({ bytes }: EntryRun): Generator<Uint8Array, void, void> {
  const view = viewOf(bytes)
  for (let at = 0; at < bytes.length; ) {
    const end = at + view.getUint32(at + 1)
    yield bytes.subarray(at, end)
    at = end
  }
}

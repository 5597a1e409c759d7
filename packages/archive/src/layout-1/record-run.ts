import { type E2Record, RECORD_HEADER_BYTES } from '@datastreamer/e2store'
import { snappyFramedDecode } from '@datastreamer/e2store/snappy'
import type { SegmentStep } from '../errors.ts'
import { countEntries, type EntryRun, MAX_RUN_BYTES } from '../segment/entry-run.ts'

/** The entries of one StreamEntries record. */
export interface RecordRun extends EntryRun {
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
export function decodeRun(record: E2Record, step: SegmentStep, first?: bigint): RecordRun {
  const { position } = record
  const at = position + RECORD_HEADER_BYTES
  const bytes = snappyFramedDecode(record.data, { maxBytes: MAX_RUN_BYTES, position: at, step })
  return { ...countEntries(bytes, position, step, first), bytes, position, boundaries: [], record }
}

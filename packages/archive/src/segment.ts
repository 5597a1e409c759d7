import { type ByteSource, iterateRecords, RECORD_HEADER_BYTES } from '@datastreamer/e2store'
import { decodeRun, type EntryRun } from './entry-run.ts'
import type { SegmentStep } from './errors.ts'
import {
  END_BYTES,
  ENTRIES_START,
  expectRecord,
  MAX_RECORD_BYTES,
  type SegmentEnd,
  type SegmentHeader,
  SegmentRecordType,
} from './layout.ts'
import type { SegmentIndex } from './segment-index.ts'
import { segmentNameOf } from './segment-name.ts'

/** A segment that was opened by {@link openSegment}: what its first and last records say, and its entries. */
export class Segment {
  readonly source: ByteSource
  readonly header: SegmentHeader
  readonly end: SegmentEnd
  readonly blocks: SegmentIndex

  constructor(source: ByteSource, header: SegmentHeader, end: SegmentEnd, blocks: SegmentIndex) {
    this.source = source
    this.header = header
    this.end = end
    this.blocks = blocks
  }

  /** Where the StreamEnd record begins. */
  get endPosition(): number {
    return this.blocks.position - END_BYTES - RECORD_HEADER_BYTES
  }

  /** The name that it has by its content. */
  get name(): string {
    return segmentNameOf(this.header, this.end.point)
  }

  /**
   * The entries, a record at a time. Records, chunks and numbers are checked, digests are not: {@link verifiedRuns}.
   *
   * @param from position of the first record to read (default: the first with entries)
   * @throws {SegmentError} `BAD_RECORD`, `BAD_ENTRIES` @throws {E2StoreError}
   */
  async *runs(step: SegmentStep, from: number = ENTRIES_START): AsyncGenerator<EntryRun, void, void> {
    const options = { from, to: this.endPosition, requireVersion: false, maxRecordBytes: MAX_RECORD_BYTES }
    let next = from === ENTRIES_START ? this.header.start.number : undefined
    for await (const record of iterateRecords(this.source, options)) {
      expectRecord(record, SegmentRecordType.StreamEntries, step)
      const run = decodeRun(record, step, next)
      next = run.first + BigInt(run.count)
      yield run
    }
  }
}

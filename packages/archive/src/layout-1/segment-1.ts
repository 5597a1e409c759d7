import { type ByteSource, iterateRecords, RECORD_HEADER_BYTES } from '@datastreamer/e2store'
import type { Codecs } from '../codecs/codecs.ts'
import type { SegmentStep } from '../errors.ts'
import { ENTRIES_START, type SegmentHeader } from '../segment/header.ts'
import type { StreamPoint } from '../segment/point.ts'
import { expectRecord, SegmentRecordType } from '../segment/record-type.ts'
import { segmentNameOf } from '../segment/segment-name.ts'
import { MAX_RECORD_BYTES } from './limits.ts'
import { decodeRun, type RecordRun } from './record-run.ts'
import { END_BYTES, type SegmentEnd } from './segment-end.ts'
import type { SegmentIndex } from './segment-index.ts'

/** An open segment of layout 1. docs/spec/archive.md §2. */
export class Segment1 {
  readonly layout = 1
  readonly source: ByteSource
  readonly header: SegmentHeader
  readonly end: StreamPoint
  /** SHA-256 of all bytes of the file before it. */
  readonly checksum: Uint8Array
  readonly index: SegmentIndex
  readonly codecs: Codecs

  constructor(
    source: ByteSource,
    codecs: Codecs,
    header: SegmentHeader,
    { point, checksum }: SegmentEnd,
    index: SegmentIndex,
  ) {
    this.codecs = codecs
    this.source = source
    this.header = header
    this.end = point
    this.checksum = checksum
    this.index = index
  }

  /** L2 blocks that begin in it. */
  get blocks(): number {
    return this.index.targets.length
  }

  get firstBlock(): bigint | undefined {
    return this.blocks === 0 ? undefined : this.index.first
  }

  /** Where the StreamEnd record begins. */
  get endPosition(): number {
    return this.index.position - END_BYTES - RECORD_HEADER_BYTES
  }

  /** The name that it has by its content. */
  get name(): string {
    return segmentNameOf(this.header, this.end)
  }

  /**
   * The entries, a record at a time. Records, chunks and numbers are checked, digests are not.
   *
   * @param from position of the first record to read (default: the first with entries)
   * @throws {SegmentError} `BAD_RECORD`, `BAD_ENTRIES` @throws {E2StoreError}
   */
  async *runs(step: SegmentStep, from: number = ENTRIES_START): AsyncGenerator<RecordRun, void, void> {
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

import { type ByteSource, RECORD_HEADER_BYTES } from '@datastreamer/e2store'
import type { Codecs } from '../codecs/codecs.ts'
import { SegmentError, type SegmentStep } from '../errors.ts'
import { ENTRIES_START, type SegmentHeader } from '../segment/header.ts'
import type { StreamPoint } from '../segment/point.ts'
import { segmentNameOf } from '../segment/segment-name.ts'
import { type BookmarkPage, decodeBookmarkPage } from './bookmark-page.ts'
import { type DecodedRecord, decodeRecord } from './decode-record.ts'
import { PAGE_RECORD_BYTES, RECORD_FIELDS_BYTES } from './limits.ts'
import { pagePosition, recordPosition } from './pieces.ts'
import { decodeRecordHead, type RecordHead } from './record-head.ts'
import type { StreamIndex } from './stream-index.ts'

/** An open segment of layout 2. docs/spec/archive.md §7. */
export class Segment2 {
  readonly layout = 2
  readonly source: ByteSource
  readonly codecs: Codecs
  readonly header: SegmentHeader
  readonly index: StreamIndex

  constructor(source: ByteSource, codecs: Codecs, header: SegmentHeader, index: StreamIndex) {
    this.source = source
    this.codecs = codecs
    this.header = header
    this.index = index
  }

  get end(): StreamPoint {
    return this.index.end
  }

  /** L2 blocks that begin in it. */
  get blocks(): number {
    return this.index.blocks.count
  }

  get firstBlock(): bigint | undefined {
    return this.blocks === 0 ? undefined : this.index.blocks.first
  }

  /** Where the StreamIndex record begins. */
  get indexPosition(): number {
    return pagePosition(this.index.records, this.index.pages)
  }

  /** The name that it has by its content. */
  get name(): string {
    return segmentNameOf(this.header, this.end)
  }

  /**
   * The entries, a record at a time. Each record is the one of the segment's root; digests of the stream are not checked.
   *
   * @param from index of the first record to read
   * @throws {SegmentError} `BAD_RECORD`, `WRONG_DIGEST`, `BAD_ENTRIES` @throws {E2StoreError}
   */
  async *runs(step: SegmentStep, from = 0): AsyncGenerator<DecodedRecord, void, void> {
    const { records, pages, root } = this.index
    let position = recordPosition(records, from)
    let first = this.header.start.number
    for (const { entries } of records.slice(0, from)) first += BigInt(entries)
    for (const [i, { bytes, entries }] of records.slice(from).entries()) {
      const expected = { index: from + i, pieces: records.length + pages, root, position, step, codecs: this.codecs }
      const record = await this.source.read(position, bytes)
      yield await decodeRecord(record, { ...expected, first, entries })
      position += bytes
      first += BigInt(entries)
    }
  }

  /**
   * What the records say of themselves, read without their entries: not verified.
   *
   * @throws {SegmentError} `BAD_RECORD` @throws {E2StoreError}
   */
  async *heads(): AsyncGenerator<RecordHead, void, void> {
    let position = ENTRIES_START
    for (const { bytes } of this.index.records) {
      const head = decodeRecordHead(await this.source.read(position + RECORD_HEADER_BYTES, RECORD_FIELDS_BYTES))
      if (typeof head === 'string') throw new SegmentError('BAD_RECORD', `record with ${head}`, position, 'read')
      yield head
      position += bytes
    }
  }

  /** A page of the table of bookmarks. Throws as {@link runs}. */
  async page(page: number, step: SegmentStep): Promise<BookmarkPage> {
    const { records, pages, root } = this.index
    const position = pagePosition(records, page)
    const expected = { index: records.length + page, pieces: records.length + pages, root, position, step }
    const bytes = await this.source.read(position, PAGE_RECORD_BYTES)
    return decodeBookmarkPage(bytes, { ...expected, codecs: this.codecs, records: records.length })
  }
}

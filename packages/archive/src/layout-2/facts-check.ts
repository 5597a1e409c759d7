import { RECORD_HEADER_BYTES } from '@datastreamer/e2store'
import { decodeEntry } from '@datastreamer/format'
import { SegmentError } from '../errors.ts'
import { sameBytes } from '../segment/point.ts'
import { bookmarkPages } from './bookmark-table.ts'
import type { DecodedRecord } from './decode-record.ts'
import { pagePosition } from './pieces.ts'
import type { Segment2 } from './segment-2.ts'
import { SegmentTally } from './segment-tally.ts'

/** Compares what a segment says of its entries with what they say. docs/spec/archive.md §7.4. */
export class FactsCheck {
  readonly #segment: Segment2
  #tally: SegmentTally | undefined
  #record = 0

  constructor(segment: Segment2) {
    this.#segment = segment
  }

  /**
   * Take the next record and its entries.
   *
   * @throws {SegmentError} `BAD_RECORD`, `BAD_ENTRIES`, `BAD_INDEX`
   */
  push(record: DecodedRecord, entries: Iterable<Uint8Array>): void {
    const { header, index } = this.#segment
    const bad = (code: 'BAD_RECORD' | 'BAD_ENTRIES' | 'BAD_INDEX', what: string): SegmentError =>
      new SegmentError(code, what, record.position, 'verify')
    if (record.encoding !== header.encoding) {
      throw bad('BAD_RECORD', `record of encoding ${record.encoding}, expected ${header.encoding}`)
    }
    const tally = this.#tallyFrom(record)
    for (const bytes of entries) {
      const entry = decodeEntry(bytes)
      if (entry !== undefined) tally.push(entry)
    }
    const { blocks, forkId } = tally.endRecord(record.count)
    if (tally.fault !== undefined) throw bad('BAD_ENTRIES', tally.fault)
    if (forkId !== record.forkId) throw bad('BAD_RECORD', `record with fork id ${record.forkId}, expected ${forkId}`)
    const row = index.records[this.#record]
    if (row?.blocks !== blocks) throw bad('BAD_INDEX', `row of ${row?.blocks} blocks, found were ${blocks}`)
    this.#record++
  }

  /** There are no more entries. @throws {SegmentError} `BAD_INDEX`, `BAD_RECORD`, `WRONG_DIGEST` @throws {E2StoreError} */
  async finish(): Promise<void> {
    const { index, indexPosition, header } = this.#segment
    const bad = (what: string): SegmentError => new SegmentError('BAD_INDEX', what, indexPosition, 'verify')
    const tally = this.#tally
    if (tally === undefined) return
    for (const name of ['first', 'count', 'firstBatch', 'lastBatch', 'firstTime', 'lastTime'] as const) {
      const [says, found] = [index.blocks[name], tally.blocks[name]]
      if (says !== found) throw bad(`index of blocks whose ${name} is ${says}, found was ${found}`)
    }
    const pages = bookmarkPages(tally.rows(header.encoding === undefined), index.records.length)
    if (pages.length !== index.pages) throw bad(`${index.pages} pages of bookmarks, expected ${pages.length}`)
    for (const [i, page] of pages.entries()) await this.#checkPage(page, i)
  }

  async #checkPage(expected: Uint8Array, page: number): Promise<void> {
    await this.#segment.page(page, 'verify')
    const position = pagePosition(this.#segment.index.records, page)
    const data = await this.#segment.source.read(position + RECORD_HEADER_BYTES, expected.length)
    if (sameBytes(data, expected)) return
    throw new SegmentError('BAD_RECORD', `page ${page} has other bookmarks than the entries`, position, 'verify')
  }

  /** What is before the segment is known by its first record only. */
  #tallyFrom({ forkId }: DecodedRecord): SegmentTally {
    const { header, codecs } = this.#segment
    const isKnown = header.start.number === 0n || header.encoding !== 'protobuf'
    this.#tally ??= new SegmentTally(header.encoding, isKnown ? 0n : forkId, codecs.sha256)
    return this.#tally
  }
}

import { type Entry, encodeEntry } from '@datastreamer/format'
import { type Generation, OperationBoundaries } from '@datastreamer/sequencer-entries'
import type { ZstdEncoder } from '../codecs/zstd.ts'
import { DigestChain } from '../segment/digest-chain.ts'
import { endOfRun } from '../segment/end-of-run.ts'
import type { IdentityFields, SegmentHeader } from '../segment/header.ts'
import type { StreamPoint } from '../segment/point.ts'
import type { Sha256 } from '../sha256.ts'
import { bookmarkPages } from './bookmark-table.ts'
import { CompressQueue } from './compress-queue.ts'
import { type EncodedSegment, encodeSegment, type RecordParts } from './encode-segment.ts'
import { MAX_RECORDS } from './limits.ts'
import { RecordBuffer, type RecordContent } from './record-buffer.ts'
import { type RecordFacts, SegmentTally } from './segment-tally.ts'
import { NO_BLOCKS } from './stream-index.ts'

export interface SegmentBuilderOptions {
  readonly identity: IdentityFields
  /** How entries are encoded; without it the segment has no index of blocks. */
  readonly encoding: Generation | undefined
  /** Point before the first entry. */
  readonly start: StreamPoint
  /** Fork id of the batch that is open there: that of the segment before (default 0, if it is not known). */
  readonly forkId?: bigint | undefined
  readonly sha256: Sha256
  readonly zstd: ZstdEncoder
}

/** A segment of layout 2 in memory. */
export interface BuiltSegment extends EncodedSegment {
  readonly header: SegmentHeader
  /** Fork id of the batch that is open after the last entry; 0 if none is, or it is not known. */
  readonly forkId: bigint
  /** Why its header says no encoding although the entries were to have one. */
  readonly fault: string | undefined
}

/**
 * Makes a segment of layout 2 in memory. The same entries and boundaries give the same bytes, as long as the compressor is
 * the same.
 *
 * Entries that cannot be read, or whose blocks are not consecutive, make a segment without encoding: that is no error.
 *
 * @see docs/spec/archive.md §7
 */
export class SegmentBuilder {
  readonly #options: SegmentBuilderOptions
  readonly #chain: DigestChain
  readonly #blocks: OperationBoundaries | undefined
  readonly #buffer = new RecordBuffer()
  readonly #tally: SegmentTally
  readonly #queue: CompressQueue
  readonly #records: (Omit<RecordContent, 'content'> & {
    readonly facts: RecordFacts
    readonly streamPosition: number
  })[] = []
  /** Where a stream ends that ends with the last record. */
  #position: number

  constructor(options: SegmentBuilderOptions) {
    const { encoding, start, sha256, zstd, forkId = 0n } = options
    this.#options = options
    this.#position = start.position
    this.#chain = new DigestChain(start, sha256)
    this.#blocks = encoding && new OperationBoundaries(encoding)
    this.#tally = new SegmentTally(encoding, forkId, sha256)
    this.#queue = new CompressQueue(zstd)
  }

  /** Number of the next entry. */
  get next(): bigint {
    return this.#chain.number
  }

  /**
   * Add the next entry. Its memory is not used afterwards.
   *
   * @returns what to wait for before the next one is added: else records wait uncompressed in memory. Rejects with what
   * compressing threw
   * @throws {RangeError} if it is not the next entry, or the segment has as many records as there can be
   */
  add(entry: Entry): Promise<void> | undefined {
    if (entry.number !== this.next) throw new RangeError(`entry ${entry.number}, expected ${this.next}`)
    const bytes = encodeEntry(entry)
    const block = this.#blocks?.push(entry)
    if (block === 'before') this.#buffer.beginBlock()
    for (const record of this.#buffer.add(bytes)) this.#endRecord(record)
    if (block === 'after') this.#buffer.beginBlock()
    this.#tally.push(entry)
    this.#chain.append(bytes)
    return this.#queue.room()
  }

  /** An operation of the stream ended with the last entry. */
  boundary(): void {
    this.#buffer.endOperation()
  }

  /** There are no more entries. @throws {RangeError} if there was none. Rejects with what compressing threw */
  async finish(): Promise<BuiltSegment> {
    const rest = this.#buffer.takeRest()
    if (rest === undefined) throw new RangeError('a segment without entries')
    this.#endRecord(rest)
    const { identity, start, sha256 } = this.#options
    const { fault } = this.#tally
    const encoding = fault === undefined ? this.#options.encoding : undefined
    const header: SegmentHeader = { layout: 2, identity, encoding, start }
    const rows = this.#tally.rows(encoding === undefined)
    const parts = {
      header,
      records: await this.#recordParts(encoding),
      pages: bookmarkPages(rows, this.#records.length),
      end: this.#chain.point(),
      blocks: encoding === undefined ? NO_BLOCKS : this.#tally.blocks,
    }
    const forkId = encoding === undefined ? 0n : this.#tally.forkId
    return { ...(await encodeSegment(parts, sha256)), header, forkId, fault }
  }

  #endRecord({ content, ...record }: RecordContent): void {
    if (this.#records.length === MAX_RECORDS) throw new RangeError(`more than ${MAX_RECORDS} records`)
    this.#records.push({ ...record, facts: this.#tally.endRecord(record.entries), streamPosition: this.#position })
    this.#position = endOfRun(this.#position, content.subarray(content.length - record.bytes))
    this.#queue.push(content)
  }

  async #recordParts(encoding: Generation | undefined): Promise<RecordParts[]> {
    const frames = await this.#queue.frames()
    let first = this.#options.start.number
    return frames.flatMap((frame, i) => {
      const record = this.#records[i]
      if (record === undefined) return []
      const { entries: count, bytes, boundaries, facts, streamPosition } = record
      const forkId = encoding === undefined ? 0n : facts.forkId
      const head = { first, count, bytes, boundaries, encoding, forkId, streamPosition }
      first += BigInt(count)
      return [{ head, frame, blocks: encoding === undefined ? 0 : facts.blocks }]
    })
  }
}

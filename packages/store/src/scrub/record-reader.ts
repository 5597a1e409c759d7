import { crc32 } from 'node:zlib'
import type { CommitLog } from '../commit-log/commit-log.ts'
import { type CommitRecord, storedChecksum } from '../commit-log/commit-record.ts'
import {
  type PlacedRecord,
  placedRecords,
  type UnreadableRecords,
  uncoveredBytes,
} from '../commit-log/placed-records.ts'
import type { DiskFile } from '../disk/disk.ts'
import type { CommitPoint } from '../log/commit-point.ts'
import type { EntryRange } from '../log/entry-range.ts'
import type { StreamLog } from '../log/stream-log.ts'

export interface RecordReaderOptions {
  readonly log: StreamLog
  readonly commitLog: CommitLog
  readonly file: DiskFile
  /** Called with the number of bytes that are about to be read. */
  readonly beforeRead: (bytes: number) => Promise<void>
}

/** A record of the commit log and the checksum of its bytes, both read at one moment. */
export interface ReadRecord {
  readonly index: number
  /** Index of the next record. */
  readonly next: number
  readonly from: CommitPoint
  readonly record: CommitRecord
  /** The checksum of the bytes, or the error of reading them. */
  readonly found: number | Error
  /** See `StreamLog.steadyEpoch`. */
  readonly epoch: number
}

/** Committed bytes whose checksum cannot be read. */
export interface UncoveredBytes {
  readonly next: number
  readonly uncovered: EntryRange
}

/** Bytes per read. */
const CHUNK_BYTES = 256 * 1024
/** Attempts to read a record while the log changes. */
const ATTEMPTS = 10

/**
 * Reads what is committed, one record of the commit log after the other, while the log is being written. What was read
 * during a change is read again, so a checksum that differs is never due to an update or truncation under way.
 */
export class RecordReader {
  readonly #options: RecordReaderOptions
  readonly #chunk = new Uint8Array(CHUNK_BYTES)
  #chunkStart = 0
  #chunkEnd = 0
  #records: AsyncIterator<PlacedRecord | UnreadableRecords> | undefined
  /** The last result, and the requested index. */
  #placed: { readonly index: number; readonly placed: PlacedRecord | UnreadableRecords } | undefined
  #epoch = -1

  constructor(options: RecordReaderOptions) {
    this.#options = options
  }

  /** Read the first committed record from `index` on that covers bytes; `undefined` if there is none. */
  async read(index: number): Promise<ReadRecord | UncoveredBytes | 'changing' | undefined> {
    const { log } = this.#options
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const epoch = await log.steadyEpoch()
      if (epoch !== this.#epoch) this.forget(epoch)
      const placed = await this.#locate(index)
      if (placed === undefined || placed.record === undefined) {
        const uncovered = placed && this.#uncovered(placed)
        if (log.isSteadySince(epoch)) return uncovered
        continue
      }
      const { from, record } = placed
      const found = await this.#checksum(from.totalLength, record.totalLength)
      if (log.isSteadySince(epoch)) return { ...placed, next: placed.index + 1, found, epoch }
    }
    return 'changing'
  }

  /** Discard what is buffered. */
  forget(epoch = -1): void {
    this.#epoch = epoch
    this.#records = undefined
    this.#placed = undefined
    this.#chunkEnd = 0
    this.#chunkStart = 0
  }

  async #locate(index: number): Promise<PlacedRecord | UnreadableRecords | undefined> {
    if (this.#placed?.index !== index) {
      if (this.#records === undefined || nextOf(this.#placed?.placed) !== index) this.#records = await this.#from(index)
      const next = await this.#records?.next()
      this.#placed = next === undefined || next.done === true ? undefined : { index, placed: next.value }
      // The commit log may have grown by the next call.
      if (this.#placed === undefined) this.#records = undefined
    }
    const placed = this.#placed?.placed
    const isCommitted =
      placed?.record === undefined || placed.record.totalLength <= this.#options.log.header.totalLength
    return isCommitted ? placed : undefined
  }

  /** The records from `index` on, and unreadable ones directly before it. */
  async #from(index: number): Promise<AsyncIterator<PlacedRecord | UnreadableRecords> | undefined> {
    const { commitLog } = this.#options
    if (index > commitLog.count) return undefined
    let first = index
    while (first > commitLog.beginning.first) {
      const from = await commitLog.record(first - 1)
      if (from !== undefined) return placedRecords(commitLog, { index: first, from })
      first--
    }
    return placedRecords(commitLog)
  }

  /** The committed bytes of records that cannot be read. */
  #uncovered(unreadable: UnreadableRecords): UncoveredBytes | undefined {
    const uncovered = uncoveredBytes(unreadable, this.#options.log.header)
    return uncovered && { next: unreadable.next, uncovered }
  }

  async #checksum(from: number, to: number): Promise<number | Error> {
    let crc = 0
    try {
      for (let at = from; at < to; ) {
        if (at < this.#chunkStart || at >= this.#chunkEnd) await this.#readChunk(at)
        const end = Math.min(to, this.#chunkEnd)
        crc = crc32(this.#chunk.subarray(at - this.#chunkStart, end - this.#chunkStart), crc)
        at = end
      }
      return storedChecksum(crc)
    } catch (error) {
      this.#chunkEnd = 0
      return error instanceof Error ? error : new Error(String(error))
    }
  }

  async #readChunk(position: number): Promise<void> {
    const { log, file, beforeRead } = this.#options
    const length = Math.min(CHUNK_BYTES, log.header.totalLength - position)
    if (length <= 0) throw new RangeError(`byte ${position} is no longer committed`)
    await beforeRead(length)
    const got = await file.read(this.#chunk.subarray(0, length), position)
    if (got === 0) throw new RangeError(`the file ends at byte ${position}`)
    this.#chunkStart = position
    this.#chunkEnd = position + got
  }
}

function nextOf(placed: PlacedRecord | UnreadableRecords | undefined): number | undefined {
  return placed?.record === undefined ? placed?.next : placed.index + 1
}

/** Whether bytes match their checksum, if they have one. */
export function isWhole(read: ReadRecord): read is ReadRecord & { readonly found: number } {
  const { record, found } = read
  return typeof found === 'number' && (record.checksum === 0 || found === record.checksum)
}

/** The bytes of a record. */
export function rangeOf({ from, record: { totalLength, totalEntries } }: ReadRecord): EntryRange {
  return { from, to: { totalLength, totalEntries } }
}

import { crc32 } from 'node:zlib'
import type { DiskFile } from '../disk/disk.ts'
import { type CommitPoint, START } from '../log/commit-point.ts'
import type { StreamLog } from '../log/stream-log.ts'
import type { CommitLog } from '../store/commit-log.ts'
import { type CommitRecord, storedChecksum } from '../store/commit-record.ts'

export interface RecordReaderOptions {
  readonly log: StreamLog
  readonly commitLog: CommitLog
  readonly file: DiskFile
  /** Called with the number of bytes that are about to be read. */
  readonly beforeRead: (bytes: number) => Promise<void>
}

/** A record of the commit log beside the bytes that it speaks of, both of one moment. */
export interface ReadRecord {
  readonly index: number
  readonly from: CommitPoint
  readonly record: CommitRecord
  /** The checksum that the bytes have, or the error of reading them. */
  readonly found: number | Error
  /** See `StreamLog.steadyEpoch`. */
  readonly epoch: number
}

/** Bytes that are read at once. */
const CHUNK_BYTES = 256 * 1024
/** Records that are read at once. */
const RECORDS_AT_ONCE = 1024
/** Times that a record is read again because the log changed meanwhile. */
const ATTEMPTS = 10

/**
 * Reads what is committed, one record of the commit log after the other, while the log goes on to be written. What was
 * read while it changed is read again, so a checksum that differs is no update or truncation that was caught halfway.
 */
export class RecordReader {
  readonly #options: RecordReaderOptions
  readonly #chunk = new Uint8Array(CHUNK_BYTES)
  #chunkStart = 0
  #chunkEnd = 0
  #records: readonly CommitRecord[] = []
  #firstRecord = 0
  #before: CommitPoint = START
  #epoch = -1

  constructor(options: RecordReaderOptions) {
    this.#options = options
  }

  /** Read record `index`; `undefined` if it is not committed. */
  async read(index: number): Promise<ReadRecord | 'changing' | undefined> {
    const { log } = this.#options
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const epoch = await log.steadyEpoch()
      if (epoch !== this.#epoch) this.forget(epoch)
      const place = await this.#place(index)
      if (place === undefined && log.isSteadySince(epoch)) return undefined
      if (place === undefined) continue
      const found = await this.#checksum(place.from.totalLength, place.record.totalLength)
      if (log.isSteadySince(epoch)) return { index, ...place, found, epoch }
    }
    return 'changing'
  }

  /** Read everything anew. */
  forget(epoch = -1): void {
    this.#epoch = epoch
    this.#records = []
    this.#chunkEnd = 0
    this.#chunkStart = 0
  }

  async #place(index: number): Promise<{ readonly from: CommitPoint; readonly record: CommitRecord } | undefined> {
    const { log, commitLog } = this.#options
    const at = index - this.#firstRecord
    if (at < 0 || at >= this.#records.length) {
      const before = index === 0 ? START : await commitLog.record(index - 1)
      if (before === undefined) return undefined
      this.#before = before
      this.#firstRecord = index
      this.#records = await commitLog.records(index, RECORDS_AT_ONCE)
    }
    const record = this.#records[index - this.#firstRecord]
    const from = this.#records[index - this.#firstRecord - 1] ?? this.#before
    if (record === undefined || record.totalLength > log.header.totalLength) return undefined
    return { from: { totalLength: from.totalLength, totalEntries: from.totalEntries }, record }
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
    if (length <= 0) throw new RangeError(`byte ${position} is not committed any more`)
    await beforeRead(length)
    const got = await file.read(this.#chunk.subarray(0, length), position)
    if (got === 0) throw new RangeError(`the file ends at byte ${position}`)
    this.#chunkStart = position
    this.#chunkEnd = position + got
  }
}

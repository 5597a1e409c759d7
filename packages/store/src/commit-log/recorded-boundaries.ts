import { crc32 } from 'node:zlib'
import { PAGE_BYTES } from '@datastreamer/format'
import type { Disk, DiskFile } from '../disk/disk.ts'
import { type CommitPoint, pointOf, samePoint } from '../log/commit-point.ts'
import { type KnownBoundaries, NO_BOUNDARIES } from '../log/known-boundaries.ts'
import { commitLogPath } from '../log/paths.ts'
import type { ReadableLog } from '../log/readable-log.ts'
import type { Beginning } from './beginning.ts'
import type { CommitLog } from './commit-log.ts'
import { type CommitRecord, storedChecksum } from './commit-record.ts'
import { CommittedBoundaries } from './committed-boundaries.ts'
import { lastRecordUpTo, type Records, startOf } from './find-record.ts'
import { openCommitLog } from './open-commit-log.ts'

export interface RecordedBoundariesOptions {
  readonly disk: Disk
  /** Path of the stream file. */
  readonly path: string
  readonly file: DiskFile
  readonly log: ReadableLog & { readonly base: CommitPoint }
}

/** The records that are known to be of the history that the log has. */
interface Sound {
  /** As of this state of the log. */
  readonly point: CommitPoint
  readonly truncations: number
  /** Where the last of them ends. */
  readonly end: number
  readonly boundaries: KnownBoundaries
}

/**
 * The operation boundaries that the commit log of a file knows which is open for reading. Others may write both, and a
 * program that ignores the commit log may have written the file: a record counts if it, or one after it, has the checksum of
 * the file's bytes, or none and ends at the commit point. docs/spec/commit-log.md §3.
 */
export class RecordedBoundaries implements KnownBoundaries, AsyncDisposable {
  readonly #options: RecordedBoundariesOptions
  /** `undefined` if there is none. */
  readonly #commitLog: CommitLog | undefined
  #sound: Sound | undefined

  private constructor(options: RecordedBoundariesOptions, commitLog: CommitLog | undefined) {
    this.#options = options
    this.#commitLog = commitLog
  }

  /** @throws as `openCommitLog` */
  static async open(options: RecordedBoundariesOptions): Promise<RecordedBoundaries> {
    const { disk, path, file, log } = options
    const exists = await disk.exists(commitLogPath(path))
    return new RecordedBoundaries(
      options,
      exists ? await openCommitLog(disk, path, 'read', { file, base: log.base }) : undefined,
    )
  }

  async lastUpTo(number: number): Promise<number | undefined> {
    return (await this.#now()).boundaries.lastUpTo(number)
  }

  async isKnownAt(number: number): Promise<boolean> {
    const { boundaries, end } = await this.#now()
    return number < end && boundaries.isKnownAt(number)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#commitLog?.close()
  }

  async #now(): Promise<Sound> {
    const { header, truncations } = this.#options.log
    const seen = this.#sound
    if (seen !== undefined && samePoint(seen.point, header) && seen.truncations === truncations.count) return seen
    const now = { point: pointOf(header), truncations: truncations.count }
    this.#sound = { ...now, ...(await this.#soundUpTo(now.point)) }
    return this.#sound
  }

  async #soundUpTo(point: CommitPoint): Promise<Pick<Sound, 'end' | 'boundaries'>> {
    const commitLog = this.#commitLog
    if (commitLog === undefined) return { end: 0, boundaries: NO_BOUNDARIES }
    await commitLog.refresh()
    await commitLog.beginAt(this.#options.log.base)
    const last = await this.#lastSound(new FirstRecords(commitLog, commitLog.count), point)
    const sound = new FirstRecords(commitLog, last + 1)
    const end = Number((await sound.record(last))?.totalEntries ?? 0n)
    return { end, boundaries: new CommittedBoundaries(this.#options.log, sound) }
  }

  /** Index of the last record that is sound, or -1: what is rewritten is so from one position on. */
  async #lastSound(records: Records, point: CommitPoint): Promise<number> {
    let low = records.beginning.first - 1
    let high = await lastRecordUpTo(records, point)
    for (let index = high; low < high; index = low + Math.ceil((high - low) / 2)) {
      if (await this.#isSound(records, index, point)) low = index
      else high = index - 1
    }
    return low
  }

  async #isSound(records: Records, index: number, point: CommitPoint): Promise<boolean> {
    const record = await records.record(index)
    const before = await startOf(records, index)
    if (record === undefined || before === undefined) return false
    if (record.checksum === 0) return samePoint(record, point)
    const length = record.totalLength - before.totalLength
    if (length < 0 || length > PAGE_BYTES) return false
    const bytes = new Uint8Array(length)
    const got = await this.#options.file.read(bytes, before.totalLength)
    return got === length && storedChecksum(crc32(bytes)) === record.checksum
  }
}

/** The first records of a commit log that another process may truncate. */
class FirstRecords implements Records {
  readonly count: number
  readonly beginning: Beginning
  readonly #commitLog: CommitLog

  constructor(commitLog: CommitLog, count: number) {
    this.#commitLog = commitLog
    this.beginning = commitLog.beginning
    this.count = count
  }

  async record(index: number): Promise<CommitRecord | undefined> {
    return (await this.records(index, 1))[0]
  }

  async records(index: number, limit: number): Promise<readonly (CommitRecord | undefined)[]> {
    try {
      return index < 0 ? [] : await this.#commitLog.records(index, Math.min(limit, this.count - index))
    } catch (error) {
      // It was truncated since it was looked at.
      if (error instanceof RangeError) return []
      throw error
    }
  }
}

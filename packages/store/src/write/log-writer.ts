import { crc32 } from 'node:zlib'
import { invariant } from '@datastreamer/format'
import type { CommitLog } from '../commit-log/commit-log.ts'
import { type CommitRecord, storedChecksum } from '../commit-log/commit-record.ts'
import { allDone } from '../disk/all-done.ts'
import { writeAll } from '../disk/disk.ts'
import { DiskError } from '../disk/errors.ts'
import { isFull } from '../disk/is-full.ts'
import { messageOf } from '../disk/message-of.ts'
import { Mutex } from '../disk/mutex.ts'
import type { CommitPoint } from '../log/commit-point.ts'
import type { PageBuffers } from '../log/page-buffers.ts'
import type { WritableFile } from '../log/stream-file.ts'
import type { StateOfStore } from './store-state.ts'

export interface LogWriterOptions {
  readonly writable: WritableFile
  readonly commitLog: CommitLog
  readonly buffers: PageBuffers
  readonly committed: CommitPoint
  /** Whether each group is made durable before it counts. */
  readonly syncEach: boolean
  readonly state: StateOfStore
}

/**
 * Writes the log: data first, then the header that makes it count. docs/spec/commit-log.md §3.
 *
 * One call at a time. A group that fails leaves the file as it was at the last commit, or the error says `OUTCOME_UNKNOWN`.
 *
 * Invariant: the commit point never lies after what is written.
 */
export class LogWriter {
  readonly #writable: WritableFile
  readonly #commitLog: CommitLog
  readonly #buffers: PageBuffers
  readonly #syncEach: boolean
  #committed: CommitPoint
  #written: number
  /** Records of the bytes from the commit point to there, which is the end of a page if there are any. */
  #ahead: CommitRecord[] = []
  /** Grows when bytes are rolled back, so that a write under way knows that it was for nothing. */
  #rewinds = 0
  #syncs = 0
  readonly #syncMutex = new Mutex()
  /** Syncs of the commit log that had failed when nothing that counts could be among what they lost. */
  #failures: number
  readonly #state: StateOfStore

  constructor({ writable, commitLog, buffers, committed, syncEach, state }: LogWriterOptions) {
    this.#writable = writable
    this.#commitLog = commitLog
    this.#buffers = buffers
    this.#committed = committed
    this.#written = committed.totalLength
    this.#syncEach = syncEach
    this.#failures = commitLog.syncFailures
    this.#state = state
  }

  /** Position up to which the bytes are in the file. */
  get written(): number {
    return this.#written
  }

  /** Syncs of the stream file so far. */
  get syncs(): number {
    return this.#syncs
  }

  /** The files have been opened anew: go on at the commit point `committed`. */
  restart(committed: CommitPoint): void {
    this.#rewinds++
    this.#committed = committed
    this.#written = committed.totalLength
    this.#ahead = []
    this.#failures = this.#commitLog.syncFailures
  }

  /**
   * Write the bytes up to `end`, where a page ends; they stay uncommitted: the beginning of a large operation.
   *
   * @throws {DiskError} `WRITE_FAILED`
   */
  async spill(end: CommitPoint): Promise<void> {
    const rewinds = this.#rewinds
    const from = this.#written
    const { chunks, records } = this.#recordsUpTo(end)
    this.#checkState()
    try {
      await this.#writable.reserve(end.totalLength)
      await writeAll(this.#writable.file, chunks, from)
    } catch (error) {
      await this.#releaseIfFull(error)
      throw new DiskError('WRITE_FAILED', `the operation was not written: ${messageOf(error)}`, { cause: error })
    }
    if (rewinds !== this.#rewinds) return
    this.#ahead.push(...records)
    this.#written = end.totalLength
  }

  /**
   * Write what is missing up to `point` and make it the commit point.
   *
   * @throws {DiskError} `WRITE_FAILED`: nothing has changed; `OUTCOME_UNKNOWN`; `STORE_BROKEN`
   */
  async commit(point: CommitPoint): Promise<void> {
    this.#checkState()
    invariant(point.totalLength >= this.#written, `a commit point at ${point.totalLength}, before ${this.#written}`)
    const records = this.#commitLog.count
    try {
      await this.#writeGroup(point)
    } catch (error) {
      await this.#undo(records, error)
      await this.#releaseIfFull(error)
      throw new DiskError('WRITE_FAILED', `the commit was not written: ${messageOf(error)}`, { cause: error })
    }
    try {
      await this.#writable.writeHeader(point)
      if (this.#syncEach) await this.#sync({ isFatal: false })
    } catch (error) {
      await this.#restoreHeader(records, error)
      throw new DiskError('WRITE_FAILED', `the commit was not written: ${messageOf(error)}`, { cause: error })
    }
    this.#committed = point
    this.#ahead = []
  }

  /** Forget what was written after `position`. */
  rewind(position: number): void {
    this.#rewinds++
    if (position >= this.#written) return
    this.#written = position
    // Only one operation is ever written ahead of its commit, and it begins at the commit point.
    this.#ahead = []
  }

  /**
   * Move the commit point back, durably. No operation may be open.
   *
   * @throws {DiskError} as `commit`
   */
  async truncate(point: CommitPoint): Promise<void> {
    this.#checkState()
    try {
      await this.#writable.writeHeader(point)
      await this.#sync({ isFatal: !this.#syncEach })
    } catch (error) {
      await this.#restoreHeader(this.#commitLog.count, error)
      throw new DiskError('WRITE_FAILED', `the file was not truncated: ${messageOf(error)}`, { cause: error })
    }
    this.restart(point)
  }

  /** Make all that is written durable. @throws {DiskError} `STORE_BROKEN`: what is durable is unknown */
  async syncAll(): Promise<void> {
    // Where each commit is durable before it counts, a sync that failed since has lost none.
    const failures = this.#syncEach ? undefined : this.#failures
    try {
      await allDone([this.#sync({ isFatal: true }), this.#commitLog.sync(failures)])
    } catch (error) {
      throw this.#state.break(error)
    }
  }

  async #writeGroup(point: CommitPoint): Promise<void> {
    const from = this.#written
    const { chunks, records } = this.#recordsUpTo(point)
    const group = [...this.#ahead, ...records]
    const last = group.pop() as CommitRecord
    const { syncFailures } = this.#commitLog
    await this.#writable.reserve(point.totalLength)
    await allDone([
      writeAll(this.#writable.file, chunks, from),
      this.#commitLog.append([...group, { ...last, endsOperation: true }]),
    ])
    if (this.#syncEach) await allDone([this.#sync({ isFatal: false }), this.#commitLog.sync(syncFailures)])
    this.#written = point.totalLength
  }

  /** The bytes up to `end` that are to be written, page by page, and the record of each. */
  #recordsUpTo(end: CommitPoint): { readonly chunks: Uint8Array[]; readonly records: CommitRecord[] } {
    const chunks = [...this.#buffers.chunks(this.#written, end.totalLength)]
    let position = this.#written
    const records = chunks.map((chunk) => {
      position += chunk.length
      const isLast = position === end.totalLength
      const totalEntries = isLast ? end.totalEntries : BigInt(this.#buffers.holding(position)?.firstNumber ?? 0)
      const flags = { endsOperation: false, isForeign: false, isDamaged: false }
      return { totalLength: position, totalEntries, checksum: storedChecksum(crc32(chunk)), ...flags }
    })
    return { chunks, records }
  }

  /**
   * Sync the stream file, one sync at a time: the system tells only one of those under way that something was lost.
   *
   * @param isFatal whether bytes that count may be among those that a failure loses: a later sync would not bring them
   */
  async #sync({ isFatal }: { readonly isFatal: boolean }): Promise<void> {
    await this.#syncMutex.run(async () => {
      this.#checkState()
      this.#syncs++
      try {
        await this.#writable.file.sync()
      } catch (error) {
        if (isFatal) this.#state.break(error)
        throw error
      }
    })
  }

  #checkState(): void {
    const { broken } = this.#state
    if (broken !== undefined) throw broken
  }

  /** Take the record of a failed group back. */
  async #undo(records: number, cause: unknown): Promise<void> {
    this.#written = this.#committed.totalLength
    this.#ahead = []
    try {
      await this.#commitLog.truncateTo(records)
      await this.#commitLog.sync()
    } catch {
      this.#state.break(cause)
    }
  }

  /** The header may be torn: put the old one back, or say that nobody knows. */
  async #restoreHeader(records: number, cause: unknown): Promise<void> {
    try {
      await this.#writable.writeHeader(this.#committed)
      await this.#sync({ isFatal: true })
    } catch {
      this.#state.break(cause)
      const message = `the disk failed while the commit point was written: ${messageOf(cause)}`
      throw new DiskError('OUTCOME_UNKNOWN', message, { cause })
    }
    await this.#undo(records, cause)
  }

  /** What a failed operation wrote must not keep a full disk full: a smaller one may have room. */
  async #releaseIfFull(cause: unknown): Promise<void> {
    if (!isFull(cause)) return
    // If it fails, the next operation finds the disk as full as it is.
    await this.#writable.release(this.#committed.totalLength).catch(() => undefined)
  }
}

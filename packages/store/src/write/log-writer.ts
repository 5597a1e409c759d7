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
  /** Whether each group is made durable before it is committed. */
  readonly syncEach: boolean
  readonly state: StateOfStore
}

/**
 * Writes the log: data first, then the header that commits it. docs/spec/commit-log.md §3.
 *
 * One call at a time. A group that fails leaves the file as of the last commit, or the error is `OUTCOME_UNKNOWN`.
 *
 * Invariant: the commit point is never after the end of what is written.
 */
export class LogWriter {
  readonly #writable: WritableFile
  readonly #commitLog: CommitLog
  readonly #buffers: PageBuffers
  readonly #syncEach: boolean
  #committed: CommitPoint
  #written: number
  /** Records of the bytes between the commit point and `#written`, which is the end of a page if there are any. */
  #ahead: CommitRecord[] = []
  /** Counts rollbacks, so that a write under way notices that its bytes were rolled back. */
  #rewinds = 0
  #syncs = 0
  readonly #syncMutex = new Mutex()
  /** Failed syncs of the commit log, as of when none of them could have lost committed records. */
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

  /** Position up to which the bytes are written to the file. */
  get written(): number {
    return this.#written
  }

  /** Number of syncs of the stream file. */
  get syncs(): number {
    return this.#syncs
  }

  /** The files were reopened or truncated: go on at the commit point `committed`. */
  restart(committed: CommitPoint): void {
    this.#rewinds++
    this.#committed = committed
    this.#written = committed.totalLength
    this.#ahead = []
    this.#failures = this.#commitLog.syncFailures
  }

  /**
   * Write the bytes up to `end`, which is the end of a page, without committing them: the beginning of a large operation.
   *
   * @throws {DiskError} `WRITE_FAILED`
   */
  async spill(end: CommitPoint): Promise<void> {
    const rewinds = this.#rewinds
    const from = this.#written
    const { chunks, records } = this.#unwrittenUpTo(end)
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
    // Only the operation at the commit point is ever written ahead of its commit.
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
    // If each commit is made durable first, a failed sync since then has lost none.
    const failures = this.#syncEach ? undefined : this.#failures
    try {
      await allDone([this.#sync({ isFatal: true }), this.#commitLog.sync(failures)])
    } catch (error) {
      throw this.#state.break(error)
    }
  }

  async #writeGroup(point: CommitPoint): Promise<void> {
    const from = this.#written
    const { chunks, records } = this.#unwrittenUpTo(point)
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

  /** The bytes up to `end` that are not written yet, in a chunk for each page, and the record of each. */
  #unwrittenUpTo(end: CommitPoint): { readonly chunks: Uint8Array[]; readonly records: CommitRecord[] } {
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
   * Sync the stream file, one sync at a time: of several under way, the system reports a loss to only one.
   *
   * @param isFatal whether a failure may lose committed bytes: a later sync would not write them
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

  /** Remove the records of a failed group. */
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

  /** The header may be torn: write the old one again, or report that the outcome is unknown. */
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

  /** Free the space of a failed operation on a full disk: a smaller operation may have room. */
  async #releaseIfFull(cause: unknown): Promise<void> {
    if (!isFull(cause)) return
    // If that fails, the disk is as full as before.
    await this.#writable.release(this.#committed.totalLength).catch(() => undefined)
  }
}

import { BOOKMARK_TYPE, MAX_BOOKMARK_BYTES, MAX_ENTRY_DATA_BYTES, PAGE_BYTES, sameEntry } from '@datastreamer/format'
import type { BookmarkIndex } from '../bookmarks/bookmark-index.ts'
import type { BookmarkList } from '../bookmarks/bookmark-list.ts'
import { DiskError, RefusedError } from '../errors.ts'
import { type CommitPoint, samePoint } from '../log/commit-point.ts'
import type { PageBuffers } from '../log/page-buffers.ts'
import type { StreamLog } from '../log/stream-log.ts'
import { StreamReader } from '../reader/stream-reader.ts'
import { AppendBuffer, type Mark } from './append-buffer.ts'
import type { Checkpointer } from './checkpointer.ts'
import { CommitEnds } from './commit-ends.ts'
import type { StoreEvent } from './events.ts'
import { type LogWriter, startOfOpenPage } from './log-writer.ts'
import { messageOf } from './message-of.ts'
import { newBookmarks } from './new-bookmarks.ts'
import type { CommitGroup, CommitResult, Operation, PendingCommit } from './operation.ts'
import { truncateLog } from './truncate.ts'
import { type UpdateInput, updateLog } from './update.ts'
import { WorkQueue } from './work-queue.ts'

/** What a store is put together from; see `openStore`. */
export interface StoreParts extends UpdateInput {
  readonly log: StreamLog
  readonly index: BookmarkIndex
  readonly buffers: PageBuffers
  readonly writer: LogWriter
  readonly checkpointer: Checkpointer
  readonly limits: StoreLimits
  readonly onEvent: (event: StoreEvent) => void
  readonly onCommit: (group: CommitGroup) => void
}

export interface StoreLimits {
  /** Newest bytes kept in memory for readers, in pages of 1 MiB. */
  readonly tailPages: number
  /** Bytes of an open operation that are kept in memory before whole pages of it go to disk. */
  readonly spillBytes: number
  /** Bytes that may wait for the disk before adding more is refused. */
  readonly maxPendingBytes: number
}

/**
 * A stream file open for writing: atomic operations of entries, committed one behind the other.
 *
 * Adding is synchronous and only fills memory; a commit resolves once it is as durable as the store was opened to make
 * it, and only then do readers see it. The next operation may be started, filled and committed while earlier commits
 * wait for the disk: those that wait together share one write and one sync. docs/spec/stream-file.md §6.
 */
export class StreamStore extends StreamReader {
  /** Where operations ended, for relays. */
  readonly operationEnds: CommitEnds
  readonly #parts: StoreParts
  readonly #buffer: AppendBuffer
  readonly #queue: WorkQueue
  /** Where the last commit ended. */
  #committed: Mark
  #operation: Operation | undefined
  #truncating = false
  #closed = false
  #roomWaiters: (() => void)[] = []
  #commits = 0
  #groups = 0

  constructor(parts: StoreParts) {
    super({ log: parts.log, index: parts.index, release: () => this.#close() })
    this.#parts = parts
    this.#buffer = new AppendBuffer(parts.buffers, positionOf(parts.log.header))
    this.#committed = this.#buffer.end
    this.operationEnds = new CommitEnds(parts.log, parts.commitLog)
    this.#queue = new WorkQueue(
      (group) => this.#commitGroup(group),
      () => this.#spill(),
    )
  }

  /** Counters since the store was opened. */
  get stats(): { readonly commits: number; readonly groups: number; readonly syncs: number } {
    return { commits: this.#commits, groups: this.#groups, syncs: this.#parts.writer.syncs }
  }

  /** Number that the next entry to be added will have: the entries that wait for the disk, or are not committed, count. */
  get nextEntry(): bigint {
    return BigInt(this.#buffer.end.number)
  }

  /** Begin an operation. @throws {RefusedError} `ATOMIC_OP_IN_PROGRESS`, `CLOSED` @throws {DiskError} `STORE_BROKEN` */
  startAtomicOp(): void {
    this.#checkOpen()
    if (this.#operation !== undefined) throw new RefusedError('ATOMIC_OP_IN_PROGRESS', 'an atomic operation is open')
    if (this.#parts.writer.broken !== undefined) throw this.#parts.writer.broken
    if (this.#truncating) throw new RefusedError('TRUNCATE_IN_PROGRESS', 'the file is being truncated')
    this.#operation = { start: this.#buffer.end }
  }

  /**
   * Add an entry to the open operation; returns the number that it will have.
   *
   * @throws {RefusedError} `NO_ATOMIC_OP`, `ENTRY_TOO_LARGE`, `BAD_ENTRY_TYPE`, `TOO_MUCH_PENDING`, `ATOMIC_OP_FAILED`;
   * the operation stays as it was
   */
  addStreamEntry(type: number, data: Uint8Array): bigint {
    this.#checkOperation()
    if (!Number.isInteger(type) || type < 0 || type > 0xffff_ffff) {
      throw new RefusedError('BAD_ENTRY_TYPE', `entry type ${type}, expected a u32`)
    }
    return BigInt(this.#add(type, data))
  }

  /**
   * Add a bookmark to the open operation; returns the number of its entry.
   *
   * @throws {RefusedError} `BAD_BOOKMARK` if it is not of 1 to 16 bytes; otherwise as `addStreamEntry`
   */
  addStreamBookmark(bookmark: Uint8Array): bigint {
    this.#checkOperation()
    if (bookmark.length < 1 || bookmark.length > MAX_BOOKMARK_BYTES) {
      const message = `a bookmark of ${bookmark.length} bytes, expected 1 to ${MAX_BOOKMARK_BYTES}`
      throw new RefusedError('BAD_BOOKMARK', message)
    }
    return BigInt(this.#add(BOOKMARK_TYPE, bookmark))
  }

  /**
   * Commit the open operation. Resolves when readers may see it.
   *
   * @throws {RefusedError} `NO_ATOMIC_OP`, `ATOMIC_OP_FAILED`
   * @throws {DiskError} the operation is gone; on `OUTCOME_UNKNOWN` it may be there when the file is opened again
   */
  commitAtomicOp(): Promise<CommitResult> {
    const operation = this.#operation
    if (operation === undefined) return Promise.reject(noOperation())
    this.#operation = undefined
    if (operation.failed !== undefined) return Promise.reject(failedOperation(operation.failed))
    return new Promise((resolve, reject) => {
      this.#queue.commit({ start: operation.start, end: this.#buffer.end, since: performance.now(), resolve, reject })
    })
  }

  /** Take the open operation back. @throws {RefusedError} `NO_ATOMIC_OP` */
  rollbackAtomicOp(): void {
    const operation = this.#operation
    if (operation === undefined) throw noOperation()
    this.#operation = undefined
    if (operation.failed === undefined) this.#rewind(operation.start)
  }

  /** Resolves when adding more will not pile up in memory; to be awaited now and then by those who add a lot. */
  async writable(): Promise<void> {
    await this.index.writable()
    // What is left of an operation in memory after a spill is below `spillBytes` and a page.
    const { spillBytes } = this.#parts.limits
    const limit = spillBytes + Math.max(spillBytes, PAGE_BYTES)
    while (this.#pendingBytes > limit && this.#parts.writer.broken === undefined) {
      this.#queue.wake()
      await new Promise<void>((resolve) => this.#roomWaiters.push(resolve))
    }
  }

  /**
   * Overwrite the data of a committed entry.
   *
   * @throws {RefusedError} `ENTRY_NOT_FOUND`, or `ENTRY_DIFFERS` if it has another type or length
   * @throws {DiskError} `WRITE_FAILED`: nothing has changed; `OUTCOME_UNKNOWN`; `STORE_BROKEN`
   */
  async updateEntryData(number: bigint, type: number, data: Uint8Array): Promise<void> {
    this.#checkOpen()
    await this.#runAlone(async () => {
      const old = await this.log.entry(number)
      if (old === undefined)
        throw new RefusedError('ENTRY_NOT_FOUND', `entry ${number} of ${this.log.header.totalEntries}`)
      if (old.type !== type || old.data.length !== data.length) {
        const found = `type ${old.type} with ${old.data.length} bytes`
        throw new RefusedError('ENTRY_DIFFERS', `entry ${number} is of ${found}, not type ${type} with ${data.length}`)
      }
      const entry = { type, number, data }
      if (!sameEntry(old, entry)) await updateLog(this.#parts, entry, this.#committed.page)
    })
  }

  /**
   * Remove entry `number` and all behind it, durably. Readers past it are disconnected.
   *
   * @throws {RefusedError} `ATOMIC_OP_IN_PROGRESS`, `TRUNCATE_IN_PROGRESS`, `ENTRY_NOT_FOUND`
   * @throws {DiskError} `WRITE_FAILED`: nothing has changed; `OUTCOME_UNKNOWN`; `STORE_BROKEN`
   */
  async truncateFile(number: bigint): Promise<void> {
    this.#checkOpen()
    if (this.#operation !== undefined) throw new RefusedError('ATOMIC_OP_IN_PROGRESS', 'an atomic operation is open')
    if (this.#truncating) throw new RefusedError('TRUNCATE_IN_PROGRESS', 'the file is being truncated')
    this.#truncating = true
    try {
      await this.#runAlone(() => this.#truncate(number))
    } finally {
      this.#truncating = false
    }
  }

  /**
   * Roll back what is open, finish what waits for the disk, make all durable and let go. Calling it again waits too.
   *
   * @throws {DiskError} `STORE_BROKEN` if what was committed could not be made durable; all is let go nevertheless
   */
  override async close(): Promise<void> {
    this.#closed = true
    await super.close()
  }

  get #pendingBytes(): number {
    return this.#buffer.position - this.#parts.writer.written
  }

  #add(type: number, data: Uint8Array): number {
    if (data.length > MAX_ENTRY_DATA_BYTES) {
      const message = `an entry with ${data.length} bytes of data, the limit is ${MAX_ENTRY_DATA_BYTES}`
      throw new RefusedError('ENTRY_TOO_LARGE', message)
    }
    const { spillBytes, maxPendingBytes } = this.#parts.limits
    const pending = this.#pendingBytes
    if (pending > maxPendingBytes) {
      throw new RefusedError('TOO_MUCH_PENDING', `${pending} bytes wait for the disk, the limit is ${maxPendingBytes}`)
    }
    const number = this.#buffer.add(type, data)
    if (pending > spillBytes) this.#queue.wake()
    return number
  }

  async #commitGroup(group: PendingCommit[]): Promise<void> {
    const { writer, index, log, checkpointer, limits, buffers } = this.#parts
    const last = group.at(-1) as PendingCommit
    const point = pointAt(last.end)
    let bookmarks: BookmarkList
    try {
      await index.writable()
      bookmarks = await newBookmarks(log, point)
      if (point.totalEntries > log.header.totalEntries) await writer.commit(point)
    } catch (error) {
      this.#failAll(group, error as Error)
      return
    }
    const bytes = last.end.position - this.#committed.position
    this.#committed = last.end
    index.put(bookmarks)
    log.advance(point)
    this.#commits += group.length
    this.#groups++
    for (const { start, end, resolve } of group) {
      resolve({ firstEntry: BigInt(start.number), nextEntry: BigInt(end.number) })
    }
    const waitedMs = performance.now() - (group[0]?.since ?? 0)
    this.#parts.onCommit({ commits: group.length, bytes, waitedMs })
    buffers.forgetUpTo(startOfOpenPage(writer.written), limits.tailPages)
    checkpointer.afterCommit()
    this.#wakeRoomWaiters()
  }

  /** The group, all that waits behind it and the open operation follow numbers that will not be. */
  #failAll(group: readonly PendingCommit[], error: Error): void {
    const waiting = this.#queue.takeCommits()
    if (this.#operation !== undefined) this.#operation.failed = error
    this.#rewind(this.#committed)
    this.#parts.onEvent({ event: 'write-failed', file: this.log.path, error })
    for (const { reject } of group) reject(error)
    for (const { reject } of waiting) reject(failedOperation(error))
    this.#wakeRoomWaiters()
  }

  /** Write whole pages of an open operation that has become large. */
  async #spill(): Promise<void> {
    const { writer, limits, buffers } = this.#parts
    for (;;) {
      const operation = this.#operation
      const end = startOfOpenPage(this.#buffer.position)
      if (operation === undefined || operation.failed !== undefined || this.#queue.waiting > 0) break
      if (end - writer.written <= limits.spillBytes) break
      try {
        await writer.spill(end)
      } catch (error) {
        this.#failAll([], error as Error)
        break
      }
      buffers.forgetUpTo(startOfOpenPage(writer.written), limits.tailPages)
      this.#wakeRoomWaiters()
    }
    this.#wakeRoomWaiters()
  }

  /** Run what changes committed bytes: behind all commits that wait, and beside nothing. */
  async #runAlone(work: () => Promise<void>): Promise<void> {
    const { checkpointer, writer } = this.#parts
    await this.#queue.run(async () => {
      if (writer.broken !== undefined) throw writer.broken
      await checkpointer.alone(work)
    })
  }

  #rewind(to: Mark): void {
    this.#buffer.rewind(to)
    this.#parts.writer.rewind(to.position)
  }

  async #truncate(number: bigint): Promise<void> {
    const from = this.log.header
    if (number < 0n || number >= from.totalEntries)
      throw new RefusedError('ENTRY_NOT_FOUND', `entry ${number} of ${from.totalEntries}`)
    try {
      await truncateLog(this.#parts, Number(number))
    } catch (cause) {
      // Once the commit point has moved, what else speaks of the log no longer agrees with it.
      if (samePoint(this.log.header, from)) throw cause
      this.#parts.writer.breakWith(cause)
      const message = `the disk failed while the file was truncated: ${messageOf(cause)}`
      throw new DiskError('OUTCOME_UNKNOWN', message, { cause })
    }
    this.#buffer.moveTo(positionOf(this.log.header))
    this.#committed = this.#buffer.end
    this.#parts.onEvent({ event: 'truncated', file: this.log.path, from, to: this.log.header })
  }

  async #close(): Promise<void> {
    if (this.#operation !== undefined) this.rollbackAtomicOp()
    const { checkpointer, commitLog, writable, index, writer } = this.#parts
    await this.#queue.drained()
    await checkpointer.stop()
    try {
      if (writer.broken !== undefined) throw writer.broken
      await checkpointer.write({ open: false })
    } finally {
      await commitLog.close()
      await writable.file.close()
      await index.close()
    }
  }

  #checkOperation(): void {
    const operation = this.#operation
    if (operation === undefined) throw noOperation()
    if (operation.failed !== undefined) throw failedOperation(operation.failed)
  }

  #checkOpen(): void {
    if (this.#closed) throw new RefusedError('CLOSED', `${this.log.path} is closed`)
  }

  #wakeRoomWaiters(): void {
    const waiters = this.#roomWaiters
    this.#roomWaiters = []
    for (const wake of waiters) wake()
  }
}

function positionOf({ totalLength, totalEntries }: CommitPoint): { position: number; number: number } {
  return { position: totalLength, number: Number(totalEntries) }
}

function pointAt({ position, number }: { readonly position: number; readonly number: number }): CommitPoint {
  return { totalLength: position, totalEntries: BigInt(number) }
}

function noOperation(): RefusedError {
  return new RefusedError('NO_ATOMIC_OP', 'no atomic operation is open')
}

function failedOperation(cause: Error): RefusedError {
  return new RefusedError('ATOMIC_OP_FAILED', `an operation before this one was not written: ${cause.message}`, {
    cause,
  })
}

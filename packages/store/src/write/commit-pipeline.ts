import { MAX_ENTRY_DATA_BYTES, PAGE_BYTES } from '@datastreamer/format'
import type { BookmarkList } from '../bookmarks/bookmark-list.ts'
import { DiskError, RefusedError } from '../disk/errors.ts'
import { messageOf } from '../disk/message-of.ts'
import type { CommitPoint } from '../log/commit-point.ts'
import { type PageBuffer, startOfOpenPage } from '../log/page-buffers.ts'
import type { StoreParts } from '../store/store-parts.ts'
import { AppendBuffer, type Mark } from './append-buffer.ts'
import { newBookmarks } from './new-bookmarks.ts'
import { type CommitResult, failedOperation, noOperation, type Operation, type PendingCommit } from './operation.ts'
import { WorkQueue } from './work-queue.ts'

/**
 * An entry's way into the log: from the open operation, which only fills memory, through the commits that wait for the
 * disk, to the group that is written together and then shown to readers. docs/spec/stream-file.md §6.
 */
export class CommitPipeline {
  readonly #parts: StoreParts
  readonly #buffer: AppendBuffer
  readonly #queue: WorkQueue
  /** Where the last commit ended. */
  #committed: Mark
  #operation: Operation | undefined
  #roomWaiters: (() => void)[] = []
  #commits = 0
  #groups = 0

  constructor(parts: StoreParts) {
    this.#parts = parts
    this.#buffer = new AppendBuffer(parts.buffers, positionOf(parts.log.header))
    this.#committed = this.#buffer.end
    this.#queue = new WorkQueue(
      (group) => this.#commitGroup(group),
      () => this.#spill(),
    )
  }

  /** Commits so far, and the groups that they were written in. */
  get stats(): { readonly commits: number; readonly groups: number } {
    return { commits: this.#commits, groups: this.#groups }
  }

  /** Number that the next entry to be added will have. */
  get nextEntry(): number {
    return this.#buffer.end.number
  }

  /** The page that the last committed entry lies in, if it is in memory. */
  get lastPage(): PageBuffer | undefined {
    return this.#committed.page
  }

  /** Whether an operation is open. */
  get isOpen(): boolean {
    return this.#operation !== undefined
  }

  /** Begin an operation; none may be open. */
  begin(): void {
    this.#operation = { start: this.#buffer.end }
  }

  /** @throws {RefusedError} `NO_ATOMIC_OP`, `ATOMIC_OP_FAILED` @throws {DiskError} if a part of it was not written */
  checkOperation(): void {
    const operation = this.#operation
    if (operation === undefined) throw noOperation()
    if (operation.failed !== undefined) throw operation.failed
  }

  /** Add an entry to the open operation. @throws {RefusedError} `ENTRY_TOO_LARGE`, `TOO_MUCH_PENDING` */
  add(type: number, data: Uint8Array): number {
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

  /** Put the open operation in line; settles when its group is written, or is not. */
  commit(): Promise<CommitResult> {
    const operation = this.#operation
    if (operation === undefined) return Promise.reject(noOperation())
    this.#operation = undefined
    if (operation.failed !== undefined) return Promise.reject(operation.failed)
    return new Promise((resolve, reject) => {
      this.#queue.commit({ start: operation.start, end: this.#buffer.end, since: performance.now(), resolve, reject })
    })
  }

  /** Take the open operation back. @throws {RefusedError} `NO_ATOMIC_OP` */
  rollback(): void {
    const operation = this.#operation
    if (operation === undefined) throw noOperation()
    this.#operation = undefined
    if (operation.failed === undefined) this.#rewind(operation.start)
  }

  /** Resolves when adding more will not pile up in memory. */
  async room(): Promise<void> {
    // What is left of an operation in memory after a spill is below `spillBytes` and a page.
    const { spillBytes } = this.#parts.limits
    const limit = spillBytes + Math.max(spillBytes, PAGE_BYTES)
    while (this.#pendingBytes > limit && this.#parts.state.refusal === undefined) {
      this.#queue.wake()
      await new Promise<void>((resolve) => this.#roomWaiters.push(resolve))
    }
  }

  /** Run what changes committed bytes: behind all commits that wait, and beside nothing. */
  async runAlone(work: () => Promise<void>): Promise<void> {
    const { checkpointer, state, place } = this.#parts
    await this.#queue.run(async () => {
      if (state.broken !== undefined) throw state.broken
      await place.mustBeSound()
      await checkpointer.alone(work)
    })
  }

  /** See whether the file still is in its place, behind all that waits. */
  async lookAtPlace(): Promise<void> {
    const { state, place } = this.#parts
    // What a store that is broken has written last, nobody knows.
    await this.#queue.run(async () => (state.broken === undefined ? place.look() : undefined))
  }

  /** Run what must not be done while a group is committed or the log is cut. @throws {DiskError} `STORE_BROKEN` */
  async runBetween(work: () => Promise<void>): Promise<void> {
    await this.#queue.run(async () => {
      if (this.#parts.state.broken !== undefined) throw this.#parts.state.broken
      await work()
    })
  }

  /** Run what opens the files of a broken store anew: all that was to be committed fails, and it goes on at the log's end. */
  async runReopening(work: () => Promise<void>): Promise<void> {
    const { checkpointer, state } = this.#parts
    await this.#queue.run(async () => {
      const { broken } = state
      if (broken === undefined) return
      this.#dropAll(() => broken)
      state.reopening()
      try {
        await checkpointer.alone(work)
      } catch (error) {
        // Before what waits behind it has its turn.
        state.break(error)
        throw error
      }
      this.continueAtEnd()
      state.reopened()
    })
  }

  /** Go on at the end of the log, which was moved. */
  continueAtEnd(): void {
    this.#buffer.moveTo(positionOf(this.#parts.log.header))
    this.#committed = this.#buffer.end
  }

  /** Resolves when all that waits now is done. */
  drained(): Promise<void> {
    return this.#queue.drained()
  }

  get #pendingBytes(): number {
    return this.#buffer.position - this.#parts.writer.written
  }

  async #commitGroup(group: PendingCommit[]): Promise<void> {
    const { writer, index, log, checkpointer, limits, buffers, place, state } = this.#parts
    const last = group.at(-1) as PendingCommit
    const point = pointAt(last.end)
    let bookmarks: BookmarkList
    try {
      if (state.broken !== undefined) throw state.broken
      await place.mustBeSound()
      if (index.failed) await checkpointer.alone(() => index.mend())
      await index.writable()
      bookmarks = await newBookmarks(log, point)
      if (point.totalEntries > log.header.totalEntries) await this.#write(point)
    } catch (error) {
      this.#failAll(error as Error, { group })
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

  /** Write a group, and see that what it was written to still has its name before anybody is told. */
  async #write(point: CommitPoint): Promise<void> {
    const { writer, place, state } = this.#parts
    await writer.commit(point)
    try {
      await place.mustStillBeSound()
    } catch (cause) {
      state.break(cause)
      throw new DiskError('OUTCOME_UNKNOWN', `the commit went into a file that is gone: ${messageOf(cause)}`, { cause })
    }
  }

  /**
   * The disk failed operations, all of a group or the one that begins at `spilled`, which may be open or in line. Those
   * behind them follow numbers that will not be.
   */
  #failAll(error: Error, failed: { readonly group: readonly PendingCommit[]; readonly spilled?: Mark }): void {
    const { log, onEvent, state } = this.#parts
    const { group, spilled } = failed
    onEvent({ event: 'write-failed', file: log.path, error })
    for (const { reject } of group) reject(error)
    this.#dropAll(({ start }) => (start === spilled ? error : (state.broken ?? failedOperation(error))))
  }

  /** Let all operations fail that are open or wait for the disk. */
  #dropAll(errorOf: (operation: { readonly start: Mark }) => Error): void {
    const waiting = this.#queue.takeCommits()
    if (this.#operation !== undefined) this.#operation.failed = errorOf(this.#operation)
    this.#rewind(this.#committed)
    for (const commit of waiting) commit.reject(errorOf(commit))
    this.#wakeRoomWaiters()
  }

  /** Write whole pages of an open operation that has become large. */
  async #spill(): Promise<void> {
    const { writer, limits, buffers } = this.#parts
    for (;;) {
      const operation = this.#operation
      const end = pointAt(this.#buffer.openPage)
      if (operation === undefined || operation.failed !== undefined || this.#queue.waiting > 0) break
      if (end.totalLength - writer.written <= limits.spillBytes) break
      try {
        await writer.spill(end)
      } catch (error) {
        this.#failAll(error as Error, { group: [], spilled: operation.start })
        break
      }
      buffers.forgetUpTo(startOfOpenPage(writer.written), limits.tailPages)
      this.#wakeRoomWaiters()
    }
    this.#wakeRoomWaiters()
  }

  #rewind(to: Mark): void {
    this.#buffer.rewind(to)
    this.#parts.writer.rewind(to.position)
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

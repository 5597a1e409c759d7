import { MAX_ENTRY_DATA_BYTES, PAGE_BYTES } from '@datastreamer/format'
import type { CommitResult } from '@datastreamer/format/source'
import type { Clock } from '@datastreamer/runtime'
import type { BookmarkList } from '../bookmarks/bookmark-list.ts'
import { RefusedError } from '../disk/errors.ts'
import { type PageBuffer, type PageBuffers, startOfOpenPage } from '../log/page-buffers.ts'
import type { StreamLog } from '../log/stream-log.ts'
import type { Mark } from './append-buffer.ts'
import type { Checkpointer } from './checkpointer.ts'
import type { GroupCommit } from './group-commit.ts'
import type { LogWriter } from './log-writer.ts'
import { OpenOperation, pointAt } from './open-operation.ts'
import { type CommitGroup, failedOperation, type PendingCommit } from './operation.ts'
import type { StateOfStore } from './store-state.ts'
import { WorkQueue } from './work-queue.ts'

export interface StoreLimits {
  /** Newest bytes kept in memory for readers, in pages of 1 MiB. */
  readonly tailPages: number
  /** Bytes of an open operation that are kept in memory before whole pages of it go to disk. */
  readonly spillBytes: number
  /** Bytes that may wait for the disk before adding more is refused. */
  readonly maxPendingBytes: number
}

export interface PipelineParts {
  readonly log: StreamLog
  readonly buffers: PageBuffers
  readonly writer: LogWriter
  readonly groupCommit: GroupCommit
  readonly checkpointer: Checkpointer
  readonly state: StateOfStore
  readonly limits: StoreLimits
  readonly clock: Clock
  /** Notified of each group that readers can see. */
  readonly onCommit: (group: CommitGroup) => void
  /** Notified when operations could not be written. */
  readonly onFailure: (error: Error) => void
}

/**
 * An entry's way into the log: from the open operation, which only fills memory, through the commits that wait for the
 * disk, to the group that is written together and then shown to readers. docs/spec/stream-file.md §6.
 *
 * Invariants: what changes the file runs one at a time, in the order in which it was asked for; an operation that follows
 * one that failed fails too.
 */
export class CommitPipeline {
  readonly #parts: PipelineParts
  readonly #clock: Clock
  readonly #operation: OpenOperation
  readonly #queue = new WorkQueue()
  #running: Promise<void> | undefined
  /** Whether there may be something to do that was not seen yet. */
  #woken = false
  #roomWaiters: (() => void)[] = []
  #commits = 0
  #groups = 0

  constructor(parts: PipelineParts) {
    this.#parts = parts
    this.#clock = parts.clock
    this.#operation = new OpenOperation(parts.buffers, parts.writer, parts.log.header)
  }

  /** Commits so far, and the groups that they were written in. */
  get stats(): { readonly commits: number; readonly groups: number } {
    return { commits: this.#commits, groups: this.#groups }
  }

  /** Number that the next entry to be added will have. */
  get nextEntry(): number {
    return this.#operation.end.number
  }

  /** The page that the last committed entry lies in, if it is in memory. */
  get lastPage(): PageBuffer | undefined {
    return this.#operation.lastPage
  }

  /** Whether an operation is open. */
  get isOpen(): boolean {
    return this.#operation.current !== undefined
  }

  /** Begin an operation; none may be open. */
  begin(): void {
    this.#operation.begin()
  }

  /** @throws {RefusedError} `NO_ATOMIC_OP`, `ATOMIC_OP_FAILED` @throws {DiskError} if a part of it was not written */
  checkOperation(): void {
    this.#operation.check()
  }

  /** Add an entry to the open operation. @throws {RefusedError} `ENTRY_TOO_LARGE`, `TOO_MUCH_PENDING` */
  add(type: number, data: Uint8Array): number {
    if (data.length > MAX_ENTRY_DATA_BYTES) {
      const message = `an entry with ${data.length} bytes of data, the limit is ${MAX_ENTRY_DATA_BYTES}`
      throw new RefusedError('ENTRY_TOO_LARGE', message)
    }
    const { spillBytes, maxPendingBytes } = this.#parts.limits
    const pending = this.#operation.pendingBytes
    if (pending > maxPendingBytes) {
      throw new RefusedError('TOO_MUCH_PENDING', `${pending} bytes wait for the disk, the limit is ${maxPendingBytes}`)
    }
    const number = this.#operation.add(type, data)
    if (pending > spillBytes) this.#wake()
    return number
  }

  /** Queue the open operation; settles when its group is written, or is not. */
  commit(): Promise<CommitResult> {
    return new Promise((resolve, reject) => {
      const { start } = this.#operation.take()
      const { end } = this.#operation
      this.#queue.addCommit({ start, end, since: this.#clock.now(), resolve, reject })
      this.#wake()
    })
  }

  /** Undo the open operation. @throws {RefusedError} `NO_ATOMIC_OP` */
  rollback(): void {
    this.#operation.rollback()
  }

  /** Resolves when adding more will not pile up in memory. */
  async room(): Promise<void> {
    // What is left of an operation in memory after a spill is below `spillBytes` and a page.
    const { spillBytes } = this.#parts.limits
    const limit = spillBytes + Math.max(spillBytes, PAGE_BYTES)
    while (this.#operation.pendingBytes > limit && this.#parts.state.refusal === undefined) {
      this.#wake()
      await new Promise<void>((resolve) => this.#roomWaiters.push(resolve))
    }
  }

  /** Run alone, after all that is queued now. */
  run<T>(task: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#queue.addTask(() => task().then(resolve, reject))
      this.#wake()
    })
  }

  /** Let all operations fail that are open or queued. */
  dropAll(errorOf: (operation: { readonly start: Mark }) => Error): void {
    const waiting = this.#queue.takeCommits()
    this.#operation.fail(errorOf)
    for (const commit of waiting) commit.reject(errorOf(commit))
    this.#wakeRoomWaiters()
  }

  /** Go on at the head of the log, which was moved. */
  continueAtHead(): void {
    this.#operation.moveTo(this.#parts.log.header)
  }

  /** Resolves when all that is queued now is done. */
  async drained(): Promise<void> {
    while (this.#running !== undefined) await this.#running
  }

  /** See whether there is something to do. */
  #wake(): void {
    this.#woken = true
    this.#running ??= this.#work().finally(() => {
      this.#running = undefined
      if (this.#woken) this.#wake()
    })
  }

  async #work(): Promise<void> {
    // Commits of the same turn of the event loop go together.
    await null
    while (this.#woken) {
      this.#woken = false
      for (let work = this.#queue.take(); work !== undefined; work = this.#queue.take()) {
        if (work.t === 'task') await work.run()
        else await this.#commitGroup(work.commits)
      }
      await this.#spill()
    }
  }

  async #commitGroup(group: readonly PendingCommit[]): Promise<void> {
    const { writer, groupCommit, checkpointer, limits, buffers } = this.#parts
    const last = group.at(-1) as PendingCommit
    const point = pointAt(last.end)
    let bookmarks: BookmarkList
    try {
      bookmarks = await groupCommit.write(point)
    } catch (error) {
      this.#failAll(error as Error, { group })
      return
    }
    const bytes = this.#operation.committed(last.end)
    groupCommit.publish(point, bookmarks)
    this.#commits += group.length
    this.#groups++
    for (const { start, end, resolve } of group) {
      resolve({ firstEntry: BigInt(start.number), nextEntry: BigInt(end.number) })
    }
    const waitedMs = this.#clock.now() - (group[0]?.since ?? 0)
    this.#parts.onCommit({ commits: group.length, bytes, waitedMs })
    buffers.forgetUpTo(startOfOpenPage(writer.written), limits.tailPages)
    checkpointer.afterCommit()
    this.#wakeRoomWaiters()
  }

  /**
   * The disk failed operations, all of a group or the one that begins at `spilled`, which may be open or queued. Those
   * after them follow numbers that will not be.
   */
  #failAll(error: Error, failed: { readonly group: readonly PendingCommit[]; readonly spilled?: Mark }): void {
    const { onFailure, state } = this.#parts
    const { group, spilled } = failed
    onFailure(error)
    for (const { reject } of group) reject(error)
    this.dropAll(({ start }) => (start === spilled ? error : (state.broken ?? failedOperation(error))))
  }

  /** Write whole pages of an open operation that has become large. */
  async #spill(): Promise<void> {
    const { writer, limits, buffers } = this.#parts
    for (;;) {
      const operation = this.#operation.current
      const end = this.#operation.endOfWholePages
      if (operation === undefined || operation.failed !== undefined || this.#queue.length > 0) break
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

  #wakeRoomWaiters(): void {
    const waiters = this.#roomWaiters
    this.#roomWaiters = []
    for (const wake of waiters) wake()
  }
}

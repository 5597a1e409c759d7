import { MAX_ENTRY_DATA_BYTES, PAGE_BYTES } from '@datastreamer/format'
import type { CommitResult } from '@datastreamer/format/source'
import type { Clock } from '@datastreamer/runtime'
import type { BookmarkList } from '../bookmarks/bookmark-list.ts'
import { RefusedError } from '../disk/errors.ts'
import { type PageBuffer, type PageBuffers, startOfOpenPage } from '../log/page-buffers.ts'
import type { StreamLog } from '../log/stream-log.ts'
import type { AppendPosition } from './append-buffer.ts'
import type { Checkpointer } from './checkpointer.ts'
import type { GroupCommit } from './group-commit.ts'
import type { LogWriter } from './log-writer.ts'
import { OpenOperation, pointAt } from './open-operation.ts'
import { type CommitGroup, failedOperation, type PendingCommit } from './operation.ts'
import type { StoreLimits } from './store-limits.ts'
import type { StateOfStore } from './store-state.ts'
import { WorkQueue } from './work-queue.ts'

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
 * The path of an entry into the log: from the open operation, which only fills memory, through the commits that wait for
 * the disk, to the commit group that is written and then published to readers. docs/spec/stream-file.md §6.
 *
 * Invariants: changes of the file run one at a time, in the order of the calls; operations after a failed one fail too.
 */
export class CommitPipeline {
  readonly #parts: PipelineParts
  readonly #clock: Clock
  readonly #operation: OpenOperation
  readonly #queue = new WorkQueue()
  #running: Promise<void> | undefined
  /** Whether there may be new work. */
  #woken = false
  #roomWaiters: (() => void)[] = []
  #commits = 0
  #groups = 0

  constructor(parts: PipelineParts) {
    this.#parts = parts
    this.#clock = parts.clock
    this.#operation = new OpenOperation(parts.buffers, parts.writer, parts.log.header)
  }

  /** Number of commits, and of the groups in which they were written. */
  get stats(): { readonly commits: number; readonly groups: number } {
    return { commits: this.#commits, groups: this.#groups }
  }

  /** Number of the next entry that is added. */
  get nextEntry(): number {
    return this.#operation.end.number
  }

  /** The page that holds the last committed entry, if it is in memory. */
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

  /** @throws {RefusedError} `NO_ATOMIC_OP`, `ATOMIC_OP_FAILED` @throws {DiskError} if some of it could not be written ahead */
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

  /** Queue the open operation; settles when its group was written, or has failed. */
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

  /** Resolves when memory has room for more. */
  async room(): Promise<void> {
    // After a spill less than `spillBytes` and a page of the operation are left in memory.
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

  /** Fail all operations that are open or queued. */
  dropAll(errorOf: (operation: { readonly start: AppendPosition }) => Error): void {
    const waiting = this.#queue.takeCommits()
    this.#operation.fail(errorOf)
    for (const commit of waiting) commit.reject(errorOf(commit))
    this.#wakeRoomWaiters()
  }

  /** Go on at the head of the log, which has moved. */
  continueAtHead(): void {
    this.#operation.moveTo(this.#parts.log.header)
  }

  /** Resolves when the queue is empty. */
  async drained(): Promise<void> {
    while (this.#running !== undefined) await this.#running
  }

  /** Start working, if there is something to do. */
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
   * A write failed: that of a group, or of the operation that begins at `spilled`, which may be open or queued. Operations
   * after it fail too: their entry numbers would leave a gap.
   */
  #failAll(
    error: Error,
    failed: { readonly group: readonly PendingCommit[]; readonly spilled?: AppendPosition },
  ): void {
    const { onFailure, state } = this.#parts
    const { group, spilled } = failed
    onFailure(error)
    for (const { reject } of group) reject(error)
    this.dropAll(({ start }) => (start === spilled ? error : (state.broken ?? failedOperation(error))))
  }

  /** Write whole pages of a large open operation ahead of its commit. */
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

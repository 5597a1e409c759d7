import type { Clock, Timer } from '@datastreamer/runtime'
import type { BookmarkPut } from './bookmark-index.ts'
import { PendingBookmarks, type PendingSegment } from './pending-bookmarks.ts'

/** Number of changes that go to the thread together, and are written in one batch. */
const SEGMENT_SLOTS = 4096
/** Most segments that the thread has at a time: one is filled into a batch while the other is written. */
const MAX_HANDED_OVER = 2
/** Milliseconds for which a segment that is not full may wait for more: sending one costs more than a bookmark. */
const WRITE_DELAY_MS = 5

interface Waiter {
  /** Number of changes that have to be written. */
  readonly target: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/**
 * Hands changes to the thread that writes them, and knows how many are written.
 *
 * Invariants: changes are written in the order in which they were added; nothing is handed over while it is stopped.
 */
export class LevelWrites {
  readonly #pending = new PendingBookmarks(SEGMENT_SLOTS)
  readonly #waiters = new Set<Waiter>()
  readonly #clock: Clock
  readonly #write: (segment: PendingSegment) => void
  #timer: Timer | undefined
  /** Whether a segment that is not full has waited long enough. */
  #partDue = false
  #isStopped = false

  /** @param write hands a segment to the thread; {@link onWritten} must be called when it is written */
  constructor(clock: Clock, write: (segment: PendingSegment) => void) {
    this.#clock = clock
    this.#write = write
  }

  /** Number of changes that are not written yet. */
  get waiting(): number {
    return this.#pending.added - this.#pending.written
  }

  /** Whether the thread has something to write. */
  get isWriting(): boolean {
    return this.#pending.handedOver > 0
  }

  put(bookmarks: Iterable<BookmarkPut>): void {
    for (const { key, number } of bookmarks) this.#pending.put(key, number)
    this.#pumpWhenDue()
  }

  remove(keys: readonly Uint8Array[]): void {
    for (const key of keys) this.#pending.remove(key)
    this.#pumpWhenDue()
  }

  /** The newest change of a key that is not written: its number, 'removed', or `undefined` if there is none. */
  find(key: Uint8Array): number | 'removed' | undefined {
    return this.#pending.find(key)
  }

  /** Resolves when all changes added so far, except the last `mayWait`, are written. @throws the error of {@link stop} */
  untilWritten(mayWait = 0): Promise<void> {
    const target = this.#pending.added - mayWait
    if (this.#pending.written >= target) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.#waiters.add({ target, resolve, reject })
      this.#pump()
    })
  }

  /** The oldest segment that was handed over is written. @throws {InternalError} if there is none */
  onWritten(): void {
    this.#pending.release()
    for (const waiter of this.#waiters) {
      if (waiter.target > this.#pending.written) continue
      this.#waiters.delete(waiter)
      waiter.resolve()
    }
    this.#pump()
  }

  /** Hand nothing over any more; reject all who wait. */
  stop(error: Error): void {
    this.#isStopped = true
    for (const waiter of this.#waiters) waiter.reject(error)
    this.#waiters.clear()
  }

  /** Resume with what was handed over and not written. */
  resume(): void {
    this.#isStopped = false
    this.#pending.takeBack()
    this.#pump()
  }

  /** Forget all changes: they will never be written. */
  drop(): void {
    this.#pending.drop()
  }

  #pumpWhenDue(): void {
    if (this.#pending.hasFull) this.#pump()
    this.#timer ??= this.#clock.after(WRITE_DELAY_MS, () => {
      this.#timer = undefined
      this.#partDue = true
      this.#pump()
    })
  }

  /**
   * Hand segments over: as many full ones as the thread may have; one that is not full only if it is due or awaited, and the
   * thread is idle.
   */
  #pump(): void {
    while (!this.#isStopped && this.#pending.handedOver < MAX_HANDED_OVER) {
      const partToo = this.#pending.handedOver === 0 && (this.#partDue || this.#waiters.size > 0)
      if (!this.#pending.hasFull && !partToo) return
      if (!this.#pending.hasFull) this.#partDue = false
      const segment = this.#pending.handOver()
      if (segment === undefined) return
      this.#write(segment)
    }
  }
}

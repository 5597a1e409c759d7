import type { Entry, Header } from '@datastreamer/format'
import type { Clock } from '@datastreamer/runtime'
import type {
  BookmarkPut,
  CommitPoint,
  KnownBoundaries,
  LogListener,
  LogPosition,
  LogRun,
  ReadableLog,
  RunOptions,
  SearchedIndex,
  Truncations,
} from '@datastreamer/store/log'
import type { FairScheduler, Task } from './fair-scheduler.ts'

/** Most time of the event loop that is counted for one read; the rest of what it takes is the disk's. */
const MOST_CHARGED_MS = 0.25

/** Reads of clients at a time, of all hosts: half of the threads that the system has for the disk, the others are for commits. */
const READS_AT_ONCE = 2

/** Reads at a time of one of so many hosts. */
export function readsAtOnce(hosts: number): number {
  return Math.max(1, Math.floor(READS_AT_ONCE / hosts))
}

/**
 * Where the reads of clients wait for the disk, first come, first served. Few are done at a time: the system's threads
 * for the disk are few too, and commits need them.
 */
export class ReadQueue implements Task {
  /** Whose reads they are does not matter: they are done one by one. */
  readonly rank = 'single'
  readonly #scheduler: FairScheduler
  readonly #clock: Clock
  readonly #atOnce: number
  readonly #waiting = new Set<() => void>()
  #reading = 0

  /** @param atOnce reads at a time */
  constructor(scheduler: FairScheduler, clock: Clock, atOnce: number) {
    this.#scheduler = scheduler
    this.#clock = clock
    this.#atOnce = atOnce
  }

  /** Reads that have not begun. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** Read when all that were queued before have begun. @throws what `read` throws */
  run<T>(read: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.add(() => {
        const began = this.#clock.now()
        const onDone = (): void => {
          this.#reading--
          this.#scheduler.charge(Math.min(MOST_CHARGED_MS, this.#clock.now() - began))
          this.#advance()
        }
        this.#reading++
        read().finally(onDone).then(resolve, reject)
      })
      this.#advance()
    })
  }

  /** Begin one read; returns whether another could begin. */
  runTurn(): boolean {
    const [begin] = this.#waiting
    if (begin !== undefined && this.#reading < this.#atOnce) {
      this.#waiting.delete(begin)
      begin()
    }
    return this.#canBegin
  }

  get #canBegin(): boolean {
    return this.#waiting.size > 0 && this.#reading < this.#atOnce
  }

  /** Beginning a read takes no time, but what comes of it does. */
  #advance(): void {
    if (this.#scheduler.isThrottled) {
      if (this.#canBegin) this.#scheduler.enqueue(this)
    } else {
      while (this.runTurn()) {}
    }
  }
}

/** A log whose reads from disk are queued. */
export class QueuedLog implements ReadableLog {
  readonly #log: ReadableLog
  readonly #queue: ReadQueue

  constructor(log: ReadableLog, queue: ReadQueue) {
    this.#log = log
    this.#queue = queue
  }

  get header(): Header {
    return this.#log.header
  }

  get firstEntry(): number {
    return this.#log.firstEntry
  }

  get truncations(): Truncations {
    return this.#log.truncations
  }

  get epoch(): number {
    return this.#log.epoch
  }

  listen(listener: LogListener): () => void {
    return this.#log.listen(listener)
  }

  locate(number: number): Promise<LogPosition> {
    return this.#queue.run(() => this.#log.locate(number))
  }

  locateInMemory(number: number): LogPosition | undefined {
    return this.#log.locateInMemory(number)
  }

  runInMemory(from: LogPosition, end?: CommitPoint): LogRun | undefined {
    return this.#log.runInMemory(from, end)
  }

  runOnDisk(from: LogPosition, options?: RunOptions): Promise<LogRun | undefined> {
    return this.#queue.run(() => this.#log.runOnDisk(from, options))
  }

  runAsFound(from: LogPosition, maxBytes?: number): Promise<LogRun | undefined> {
    return this.#queue.run(() => this.#log.runAsFound(from, maxBytes))
  }

  entry(number: bigint): Promise<Entry | undefined> {
    return this.#queue.run(() => this.#log.entry(number))
  }
}

/** A bookmark index, looked up in the same queue. */
export class QueuedIndex implements SearchedIndex {
  readonly #index: SearchedIndex
  readonly #queue: ReadQueue

  constructor(index: SearchedIndex, queue: ReadQueue) {
    this.#index = index
    this.#queue = queue
  }

  get(key: Uint8Array): Promise<number | undefined> {
    return this.#queue.run(() => this.#index.get(key))
  }

  put(bookmarks: Iterable<BookmarkPut>): void {
    this.#index.put(bookmarks)
  }

  remove(keys: readonly Uint8Array[]): void {
    this.#index.remove(keys)
  }
}

/** Operation boundaries, looked up in the same queue. */
export class QueuedBoundaries implements KnownBoundaries {
  readonly #boundaries: KnownBoundaries
  readonly #queue: ReadQueue

  constructor(ends: KnownBoundaries, queue: ReadQueue) {
    this.#boundaries = ends
    this.#queue = queue
  }

  lastUpTo(number: number): Promise<number | undefined> {
    return this.#queue.run(async () => this.#boundaries.lastUpTo(number))
  }

  isKnownAt(number: number): Promise<boolean> {
    return this.#queue.run(async () => this.#boundaries.isKnownAt(number))
  }
}

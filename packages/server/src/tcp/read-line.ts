import type { Entry, Header } from '@datastreamer/format'
import type { Clock } from '@datastreamer/runtime'
import type {
  CommitPoint,
  LogListener,
  LogPosition,
  LogRun,
  ReadableLog,
  RunOptions,
  Truncations,
} from '@datastreamer/store'
import type { KnownBoundaries } from './boundary-packets.ts'
import type { Participant, Turns } from './turns.ts'

/** Most time of the event loop that is counted for one read; the rest of what it takes is the disk's. */
const MOST_CHARGED_MS = 0.25

/**
 * The line in which clients wait for the disk, first come, first served. Few read at a time: the system's threads for
 * the disk are few too, and commits need them.
 */
export class ReadLine implements Participant {
  /** Whose reads they are has no say: they come one by one. */
  readonly hasBacklog = false
  readonly #turns: Turns
  readonly #clock: Clock
  readonly #atOnce: number
  readonly #waiting = new Set<() => void>()
  #reading = 0

  /** @param atOnce reads at a time */
  constructor(turns: Turns, clock: Clock, atOnce: number) {
    this.#turns = turns
    this.#clock = clock
    this.#atOnce = atOnce
  }

  /** Read when it is the caller's turn. @throws what `read` throws */
  run<T>(read: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.add(() => {
        const began = this.#clock.now()
        const onDone = (): void => {
          this.#reading--
          this.#turns.charge(Math.min(MOST_CHARGED_MS, this.#clock.now() - began))
          this.#advance()
        }
        this.#reading++
        read().finally(onDone).then(resolve, reject)
      })
      this.#advance()
    })
  }

  /** Begin one read; returns whether another could begin. */
  takeTurn(): boolean {
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
    if (this.#turns.isSparing) {
      if (this.#canBegin) this.#turns.enter(this)
    } else {
      while (this.takeTurn()) {}
    }
  }
}

/** A log whose reads from disk wait in a line. */
export class LogInLine implements ReadableLog {
  readonly #log: ReadableLog
  readonly #line: ReadLine

  constructor(log: ReadableLog, line: ReadLine) {
    this.#log = log
    this.#line = line
  }

  get header(): Header {
    return this.#log.header
  }

  get truncations(): Truncations {
    return this.#log.truncations
  }

  listen(listener: LogListener): () => void {
    return this.#log.listen(listener)
  }

  locate(number: number): Promise<LogPosition> {
    return this.#line.run(() => this.#log.locate(number))
  }

  runInMemory(from: LogPosition, end?: CommitPoint): LogRun | undefined {
    return this.#log.runInMemory(from, end)
  }

  runOnDisk(from: LogPosition, options?: RunOptions): Promise<LogRun | undefined> {
    return this.#line.run(() => this.#log.runOnDisk(from, options))
  }

  runAsFound(from: LogPosition, maxBytes?: number): Promise<LogRun | undefined> {
    return this.#line.run(() => this.#log.runAsFound(from, maxBytes))
  }

  entry(number: bigint): Promise<Entry | undefined> {
    return this.#line.run(() => this.#log.entry(number))
  }
}

/** Operation boundaries, looked up in the same line. */
export class BoundariesInLine implements KnownBoundaries {
  readonly #ends: KnownBoundaries
  readonly #line: ReadLine

  constructor(ends: KnownBoundaries, line: ReadLine) {
    this.#ends = ends
    this.#line = line
  }

  lastUpTo(number: number): Promise<number | undefined> {
    return this.#line.run(async () => this.#ends.lastUpTo(number))
  }

  isKnownAt(number: number): Promise<boolean> {
    return this.#line.run(async () => this.#ends.isKnownAt(number))
  }
}

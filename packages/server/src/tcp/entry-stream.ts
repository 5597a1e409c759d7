import type { CommitPoint } from '../log/commit-point.ts'
import type { LogPosition } from '../log/run-reader.ts'
import type { LogListener, StreamLog } from '../log/stream-log.ts'
import type { BufferPool } from './buffer-pool.ts'
import { EntryFeed, type Part } from './entry-feed.ts'
import type { OperationMarks } from './operation-marks.ts'

/** Where the entries of a stream go, and who hears of what becomes of it. Calls must not throw. */
export interface EntrySink {
  /** Whether all that was written is gone, so that there is room for more. */
  readonly drained: boolean
  /** Write whole packets; when they are gone, `step` is to be called. */
  write(packets: readonly Uint8Array[]): void
  /** Something was done that `step` did not do at once. */
  onProgress(): void
  /** The last entry that was asked for is written. */
  onEnd(): void
  /** The log was cut before the place that the stream had reached. */
  onCut(point: CommitPoint, entryNumber: number): void
  onError(error: unknown): void
}

export interface EntryStreamOptions {
  readonly log: StreamLog
  readonly from: LogPosition
  /** Number of the entry to stop before. */
  readonly end?: number | undefined
  readonly marks?: OperationMarks | undefined
  readonly pool: BufferPool
  readonly sink: EntrySink
}

/**
 * A place in the log that moves ahead as fast as its sink takes the entries, and at the end of the log waits for the
 * next commit. While catching up it holds the part that is being written and the next one; otherwise nothing.
 * docs/spec/protocol.md §2.
 */
export class EntryStream implements LogListener {
  readonly #log: StreamLog
  readonly #end: number
  readonly #feed: EntryFeed
  readonly #sink: EntrySink
  readonly #unlisten: () => void
  #place: LogPosition
  #fetching = false
  /** The part at the place, fetched before there was room for it. */
  #ahead: Part | undefined
  /** A part that the sink has not taken yet. */
  #writing: Part | undefined
  #stopped = false
  #opened = false

  constructor({ log, from, end = Number.POSITIVE_INFINITY, marks, pool, sink }: EntryStreamOptions) {
    this.#log = log
    this.#place = from
    this.#end = end
    this.#feed = new EntryFeed({ log, end, marks, pool })
    this.#sink = sink
    this.#unlisten = log.listen(this)
  }

  /** Number of the next entry. */
  get entryNumber(): number {
    return this.#place.number
  }

  /** Whether it has an end. */
  get bounded(): boolean {
    return this.#end < Number.POSITIVE_INFINITY
  }

  /** Whether the first entries are written, or there is none yet. */
  get opened(): boolean {
    return this.#opened
  }

  /** Write what can be written now. */
  step(): void {
    while (!this.#stopped && this.#sink.drained) {
      if (this.#writing !== undefined) this.#feed.release(this.#writing)
      this.#writing = undefined
      if (this.#place.number >= this.#end) {
        this.stop()
        this.#sink.onEnd()
      } else if (this.#place.number >= this.#total) {
        this.#opened = true
        return
      } else if (this.#fetching) {
        return
      } else {
        // What is in memory goes out without a promise: this is done for every reader at every commit.
        const part = this.#ahead ?? this.#feed.now(this.#place)
        if (part === undefined) this.#fetch()
        else this.#write(part)
      }
    }
  }

  /** Write no more. */
  stop(): void {
    this.#stopped = true
    this.#unlisten()
    this.#dropAhead()
  }

  onCommit(): void {
    this.step()
  }

  onTruncate(point: CommitPoint): void {
    const { number } = this.#place
    const total = Number(point.totalEntries)
    if (number > total) {
      this.stop()
      this.#sink.onCut(point, number)
      return
    }
    this.#dropAhead()
    // At the cut the next entry may come to lie elsewhere. And a new place tells a part that is being fetched apart.
    this.#place = number === total ? { position: point.totalLength, number } : { ...this.#place }
  }

  get #total(): number {
    return Number(this.#log.header.totalEntries)
  }

  #write(part: Part): void {
    this.#ahead = undefined
    this.#writing = part
    this.#opened = true
    this.#place = part.next
    // What comes next is read while this is written.
    const { number } = this.#place
    if (part.memory !== undefined && number < this.#end && number < this.#total) this.#fetch()
    this.#sink.write(part.packets)
  }

  #fetch(): void {
    const place = this.#place
    this.#fetching = true
    this.#feed.fetch(place).then(
      (part) => {
        this.#fetching = false
        if (part !== undefined && !this.#stopped && this.#place === place) this.#ahead = part
        else if (part !== undefined) this.#feed.drop(part)
        if (this.#stopped) return
        this.step()
        this.#sink.onProgress()
      },
      (error: unknown) => {
        if (this.#stopped) return
        this.stop()
        this.#sink.onError(error)
      },
    )
  }

  #dropAhead(): void {
    if (this.#ahead !== undefined) this.#feed.drop(this.#ahead)
    this.#ahead = undefined
  }
}

import type { Clock } from '@datastreamer/runtime'
import type { CommitPoint, LogListener, LogPosition, ReadableLog } from '@datastreamer/store'
import type { BoundaryPackets } from './boundary-packets.ts'
import { EntryFeed, type FeedMemory, type Part } from './entry-feed.ts'
import { Pace } from './pace.ts'

/** Where the entries of a stream go, and who hears of what becomes of it. Calls must not throw. */
export interface EntrySink {
  /** Whether all that was written is gone, so that there is room for more. */
  readonly drained: boolean
  /**
   * Write whole packets; when they are gone, `step` is to be called when it is the stream's turn.
   *
   * @param onTaken to be called once when their memory is not needed any more, however that comes
   */
  write(packets: readonly Uint8Array[], onTaken: () => void): void
  /** There is something to do: `step` is to be called when it is the stream's turn. */
  onReady(): void
  /** The last entry that was asked for is written. */
  onEnd(): void
  /** The log was cut before the place that the stream had reached. */
  onCut(point: CommitPoint, entryNumber: number): void
  /** @param again reads once more what could not be read */
  onError(error: unknown, again: () => Promise<unknown>): void
}

export interface EntryStreamOptions {
  readonly log: ReadableLog
  readonly from: LogPosition
  /** Number of the entry to stop before. */
  readonly end?: number | undefined
  readonly boundaries?: BoundaryPackets | undefined
  readonly memory: FeedMemory
  readonly sink: EntrySink
  readonly clock: Clock
}

/**
 * A place in the log that moves ahead as fast as its sink takes the entries, and at the end of the log waits for the
 * next commit. It holds the part that is being written, which is small; while the sink takes parts as fast as they come,
 * they may be large and the next one is held too. docs/spec/protocol.md §2.
 */
export class EntryStream implements LogListener {
  readonly #log: ReadableLog
  readonly #end: number
  readonly #feed: EntryFeed
  readonly #sink: EntrySink
  readonly #clock: Clock
  readonly #pace = new Pace()
  readonly #unlisten: () => void
  #place: LogPosition
  #fetching = false
  /** The part at the place, fetched before there was room for it. */
  #ahead: Part | undefined
  /** Whether all that is committed was written, so that the next commit is what it waits for. */
  #atHead = false
  #stopped = false
  #opened = false

  constructor({ log, from, end = Number.POSITIVE_INFINITY, boundaries, memory, sink, clock }: EntryStreamOptions) {
    this.#log = log
    this.#place = from
    this.#end = end
    this.#feed = new EntryFeed({ log, end, boundaries, memory })
    this.#sink = sink
    this.#clock = clock
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

  /** Whether the last entry that was asked for is gone. */
  get isOver(): boolean {
    return this.#place.number >= this.#end && this.#sink.drained
  }

  /** Write one part, if that can be done now. */
  step(): void {
    if (this.#stopped || !this.#sink.drained) return
    this.#atHead = false
    if (this.#place.number >= this.#end) {
      this.stop()
      this.#sink.onEnd()
    } else if (!this.rest() && !this.#fetching) {
      // What is in memory goes out without a promise: this is done for every reader at every commit.
      const part = this.#ahead ?? this.#feed.now(this.#place, this.#pace.credit)
      if (part === undefined) this.#fetch()
      else this.#write(part)
    }
  }

  /** Wait for the next commit, if there is nothing to write before it; returns whether it does. */
  rest(): boolean {
    if (this.#stopped || !this.#sink.drained) return false
    const { number } = this.#place
    if (number < this.#total || number >= this.#end) return false
    this.#opened = true
    this.#atHead = true
    return true
  }

  /** Write no more. */
  stop(): void {
    this.#stopped = true
    this.#unlisten()
    this.#dropAhead()
  }

  onCommit(): void {
    // Who is not at the head has its turn anyway.
    if (this.#atHead) this.step()
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
    this.#opened = true
    this.#place = part.next
    // What comes next is read while this is written.
    const { number } = this.#place
    if (part.readsAhead && number < this.#end && number < this.#total) this.#fetch()
    const began = this.#clock.now()
    const bytes = part.packets.reduce((sum, { length }) => sum + length, 0)
    this.#sink.write(part.packets, () => {
      this.#pace.onTaken(bytes, this.#clock.now() - began)
      this.#feed.release(part)
    })
  }

  #fetch(): void {
    const place = this.#place
    this.#fetching = true
    this.#feed.fetch(place, this.#pace.credit).then(
      (part) => {
        this.#fetching = false
        if (part !== undefined && !this.#stopped && this.#place === place) this.#ahead = part
        else if (part !== undefined) this.#feed.drop(part)
        if (!this.#stopped) this.#sink.onReady()
      },
      (error: unknown) => {
        if (this.#stopped) return
        this.stop()
        this.#sink.onError(error, () => this.#log.runOnDisk(place))
      },
    )
  }

  #dropAhead(): void {
    if (this.#ahead !== undefined) this.#feed.drop(this.#ahead)
    this.#ahead = undefined
  }
}

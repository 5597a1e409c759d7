import { encodeOperationEnd } from '@datastreamer/format'
import type { LogPosition } from '../log/run-reader.ts'
import type { StreamLog } from '../log/stream-log.ts'
import type { BufferPool } from './buffer-pool.ts'
import { markAt, type OperationMarks } from './operation-marks.ts'
import { firstPart, type PartLimits } from './run-part.ts'

/** What a stream writes at once. */
export interface Part {
  /** Entries, and marks before and behind them. Borrowed and read-only: other streams may write them too. */
  readonly packets: readonly Uint8Array[]
  /** The place behind the entries. */
  readonly next: LogPosition
  /** Memory of the pool that holds the entries. */
  readonly memory?: Uint8Array | undefined
}

export interface EntryFeedOptions {
  readonly log: StreamLog
  /** Number of the entry to stop before; infinite if there is no end. */
  readonly end: number
  readonly marks: OperationMarks | undefined
  /** Memory for reads from disk. The size of its buffers is the most that a part has, but always at least one entry. */
  readonly pool: BufferPool
}

/** Cuts the log into parts that can be written at once. All places are before the commit point and the end. */
export class EntryFeed {
  readonly #log: StreamLog
  readonly #marks: OperationMarks | undefined
  readonly #pool: BufferPool
  readonly #limits: PartLimits

  constructor({ log, end, marks, pool }: EntryFeedOptions) {
    this.#log = log
    this.#marks = marks
    this.#pool = pool
    this.#limits = { maxBytes: pool.bufferBytes, end }
  }

  /** The part at a place, if it can be had without waiting. */
  now(place: LogPosition): Part | undefined {
    const run = this.#marks === undefined ? this.#log.runInMemory(place) : undefined
    if (run === undefined) return undefined
    const { bytes, next } = firstPart(run, place, this.#limits)
    return { packets: [bytes], next }
  }

  /**
   * The part at a place, or `undefined` if the log was cut meanwhile.
   *
   * @throws {DamageError} if no whole entry of that number stands there
   */
  async fetch(place: LogPosition): Promise<Part | undefined> {
    const inMemory = this.#log.runInMemory(place)
    const memory = inMemory === undefined ? this.#pool.take() : undefined
    const run = inMemory ?? (await this.#log.runOnDisk(place, memory))
    if (run === undefined) return undefined
    const { bytes, next } = firstPart(run, place, this.#limits)
    const part = { packets: [bytes], next, memory }
    return this.#marks === undefined ? part : this.#mark(part, bytes, place, this.#marks)
  }

  /** Have back the memory of a part that was written. */
  release({ memory }: Part): void {
    if (memory !== undefined) this.#pool.give(memory)
  }

  /** Have back a part that will not be written. */
  drop(part: Part): void {
    this.#marks?.forget()
    this.release(part)
  }

  /** End a part at the last operation end that it holds, and put the marks in. */
  async #mark(part: Part, entries: Uint8Array, place: LogPosition, marks: OperationMarks): Promise<Part> {
    const isCommitPoint = part.next.number === Number(this.#log.header.totalEntries)
    const around = await marks.around(place.number, part.next.number, isCommitPoint)
    const before = around.before.map(encodeOperationEnd)
    if (around.end === undefined) return { ...part, packets: [...before, entries] }
    const run = { bytes: entries, next: part.next }
    const { bytes, next } = firstPart(run, place, { ...this.#limits, end: around.end })
    // Behind its last entry a range is over.
    const behind = around.end === this.#limits.end ? [] : [encodeOperationEnd(markAt(around.end, false))]
    return { packets: [...before, bytes, ...behind], next, memory: part.memory }
  }
}

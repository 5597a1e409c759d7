import { encodeOperationBoundary } from '@datastreamer/format'
import type { LogPosition, LogRun, ReadableLog } from '@datastreamer/store'
import { type BoundaryPackets, boundaryAt } from './boundary-packets.ts'
import type { PartBuffer, PartMemory } from './part-memory.ts'
import { firstPart } from './run-part.ts'
import type { SharedCopy } from './shared-copy.ts'

/** What a stream writes at once. */
export interface Part {
  /** Entries, and operation boundaries before and after them. Read-only: other streams may write them too. */
  readonly packets: readonly Uint8Array[]
  /** Byte offset of the first entry in the file. */
  readonly position: number
  /** The position after the entries. */
  readonly next: LogPosition
  /** To be given back when the part was written, or will not be. */
  readonly buffer?: PartBuffer | undefined
  /** Whether the next one is to be read from disk while it is written. */
  readonly readsAhead: boolean
}

/** Memory that the readers of a server share. */
export interface FeedMemory {
  readonly parts: PartMemory
  readonly newest: SharedCopy
}

export interface EntryFeedOptions {
  readonly log: ReadableLog
  /** Number of the entry to stop before; infinite if there is no end. */
  readonly end: number
  readonly boundaries: BoundaryPackets | undefined
  readonly memory: FeedMemory
}

/**
 * Cuts the log into parts that can be written at once. All places are before the commit point and the end. A part is
 * small, or one entry if that is larger, unless the reader's credit is good for a large one.
 */
export class EntryFeed {
  readonly #log: ReadableLog
  readonly #end: number
  readonly #boundaries: BoundaryPackets | undefined
  readonly #memory: FeedMemory

  constructor({ log, end, boundaries, memory }: EntryFeedOptions) {
    this.#log = log
    this.#end = end
    this.#boundaries = boundaries
    this.#memory = memory
  }

  /** The part at a place, if it can be had without waiting. */
  now(place: LogPosition, credit: number): Part | undefined {
    const run = this.#boundaries === undefined ? this.#log.runInMemory(place) : undefined
    return run && this.#ofMemory(run, credit)
  }

  /**
   * The part at a place, or `undefined` if the log was cut meanwhile.
   *
   * @throws {DamageError} if no whole entry of that number stands there
   */
  async fetch(place: LogPosition, credit: number): Promise<Part | undefined> {
    const run = this.#log.runInMemory(place)
    const part = run === undefined ? await this.#ofDisk(place, credit) : this.#ofMemory(run, credit)
    if (part === undefined || this.#boundaries === undefined) return part
    try {
      return await this.#withBoundaries(part, place, this.#boundaries)
    } catch (error) {
      this.release(part)
      throw error
    }
  }

  /** Give back the memory of a part that was written. */
  release({ buffer }: Part): void {
    if (buffer !== undefined) this.#memory.parts.give(buffer)
  }

  /** Give back a part that will not be written. */
  drop(part: Part): void {
    this.#boundaries?.forget()
    this.release(part)
  }

  /** The log's pages are not lent to a reader that may keep them long: what it gets then is a copy. */
  #ofMemory(run: LogRun, credit: number): Part {
    const { parts, newest } = this.#memory
    const buffer = run.bytes.length > parts.smallBytes ? parts.takeLargeRight(credit) : undefined
    const maxBytes = buffer === undefined ? parts.smallBytes : Number.POSITIVE_INFINITY
    const part = firstPart(run, { maxBytes, end: this.#end })
    const mine = buffer === undefined ? newest.of(part) : part.bytes
    return { packets: [mine], position: part.position, next: part.next, buffer, readsAhead: false }
  }

  async #ofDisk(place: LogPosition, credit: number): Promise<Part | undefined> {
    const { parts } = this.#memory
    const buffer = parts.takeLarge(credit) ?? parts.takeSmall()
    let part: Part | undefined
    try {
      const run = await this.#log.runOnDisk(place, { into: buffer.bytes })
      if (run !== undefined) {
        const { bytes, position, next } = firstPart(run, { maxBytes: Number.POSITIVE_INFINITY, end: this.#end })
        part = { packets: [bytes], position, next, buffer, readsAhead: buffer.isLarge }
      }
      return part
    } finally {
      if (part === undefined) parts.give(buffer)
    }
  }

  /** End a part at the last operation boundary that it holds, and put boundaries in. */
  async #withBoundaries(part: Part, place: LogPosition, boundaries: BoundaryPackets): Promise<Part> {
    const [entries] = part.packets
    if (entries === undefined) return part
    const isCommitPoint = part.next.number === Number(this.#log.header.totalEntries)
    const around = await boundaries.around(place.number, part.next.number, isCommitPoint)
    const before = around.before.map(encodeOperationBoundary)
    if (around.end === undefined) return { ...part, packets: [...before, entries] }
    const run = { bytes: entries, position: part.position, number: place.number, next: part.next }
    const { bytes, next } = firstPart(run, { maxBytes: Number.POSITIVE_INFINITY, end: around.end })
    // Behind its last entry a range is over.
    const behind = around.end === this.#end ? [] : [encodeOperationBoundary(boundaryAt(around.end, false))]
    return { ...part, packets: [...before, bytes, ...behind], next }
  }
}

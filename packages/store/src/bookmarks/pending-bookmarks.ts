import { invariant } from '@datastreamer/format'
import { LENGTH_MASK, MAX_KEY_BYTES, NUMBER_AT, REMOVED_BIT, SLOT_BYTES } from './slots.ts'

/** Some changes, in memory that is shared with the worker. */
export interface PendingSegment {
  readonly shared: SharedArrayBuffer
  /** Slots in use. */
  count: number
  readonly view: DataView
}

/** Segments that are kept for reuse. */
const MAX_FREE_SEGMENTS = 8

/**
 * Changes to an index that are not written yet, oldest first, 25 bytes each: the segment that is being filled, waiting ones,
 * and those that were handed over and not confirmed. All can be looked up.
 *
 * Invariants: segments are handed over oldest first, and written in that order; one that was handed over does not change
 * until it is written; every change that was added is written, or in a segment.
 */
export class PendingBookmarks {
  readonly #segmentSlots: number
  /** Oldest first. */
  readonly #segments: PendingSegment[] = []
  readonly #free: PendingSegment[] = []
  #handedOver = 0
  #added = 0
  #written = 0

  constructor(segmentSlots: number) {
    this.#segmentSlots = segmentSlots
  }

  /** Number of changes added so far. */
  get added(): number {
    return this.#added
  }

  /** Number of those that are written. */
  get written(): number {
    return this.#written
  }

  /** Number of segments that were handed over and are not written yet. */
  get handedOver(): number {
    return this.#handedOver
  }

  /** Whether a full segment waits. */
  get hasFull(): boolean {
    const next = this.#segments[this.#handedOver]
    return next !== undefined && next.count === this.#segmentSlots
  }

  put(key: Uint8Array, number: number): void {
    invariant(Number.isSafeInteger(number) && number >= 0, 'a bookmark of an entry without a number')
    const segment = this.#segmentFor(key)
    const at = this.#add(segment, key, key.length)
    segment.view.setUint32(at + NUMBER_AT, Math.floor(number / 0x1_0000_0000))
    segment.view.setUint32(at + NUMBER_AT + 4, number % 0x1_0000_0000)
  }

  remove(key: Uint8Array): void {
    this.#add(this.#segmentFor(key), key, key.length | REMOVED_BIT)
  }

  /** The newest change of a key: its number, 'removed', or `undefined` if there is none. */
  find(key: Uint8Array): number | 'removed' | undefined {
    for (let i = this.#segments.length - 1; i >= 0; i--) {
      const segment = this.#segments[i]
      const at = segment === undefined ? -1 : findIn(segment, key)
      if (segment === undefined || at < 0) continue
      const { view } = segment
      if ((view.getUint8(at) & REMOVED_BIT) !== 0) return 'removed'
      return view.getUint32(at + NUMBER_AT) * 0x1_0000_0000 + view.getUint32(at + NUMBER_AT + 4)
    }
    return undefined
  }

  /** The oldest segment that was not handed over yet; from now on it does not change. */
  handOver(): PendingSegment | undefined {
    const next = this.#segments[this.#handedOver]
    if (next === undefined) return undefined
    this.#handedOver++
    invariant(next.count > 0, 'a segment without changes is handed over')
    return next
  }

  /** Segments that were handed over were not written: they have to be handed over again. */
  takeBack(): void {
    this.#handedOver = 0
  }

  /** The oldest segment that was handed over is written. */
  release(): void {
    invariant(this.#handedOver > 0, 'a segment is written that was not handed over')
    const segment = this.#segments.shift()
    invariant(segment !== undefined, 'a segment that was handed over is missing')
    this.#handedOver--
    this.#written += segment.count
    segment.count = 0
    if (this.#free.length < MAX_FREE_SEGMENTS) this.#free.push(segment)
  }

  /** Forget all changes: they will never be written, and nothing waits for them. */
  drop(): void {
    this.#segments.length = 0
    this.#free.length = 0
    this.#handedOver = 0
    this.#written = this.#added
  }

  #segmentFor(key: Uint8Array): PendingSegment {
    if (key.length < 1 || key.length > MAX_KEY_BYTES) {
      throw new RangeError(`a bookmark of ${key.length} bytes, expected 1 to ${MAX_KEY_BYTES}`)
    }
    const last = this.#segments.at(-1)
    if (last !== undefined && last.count < this.#segmentSlots && this.#segments.length > this.#handedOver) return last
    const segment = this.#free.pop() ?? newSegment(this.#segmentSlots)
    this.#segments.push(segment)
    return segment
  }

  /** Begin the next slot of a segment; returns its position. */
  #add(segment: PendingSegment, key: Uint8Array, lengthByte: number): number {
    const { view } = segment
    const at = segment.count * SLOT_BYTES
    view.setUint8(at, lengthByte)
    for (let i = 0; i < key.length; i++) view.setUint8(at + 1 + i, key[i] as number)
    segment.count++
    this.#added++
    return at
  }
}

function newSegment(slots: number): PendingSegment {
  const shared = new SharedArrayBuffer(slots * SLOT_BYTES)
  return { shared, count: 0, view: new DataView(shared) }
}

/** Position of the newest slot of a key, or -1. */
function findIn({ view, count }: PendingSegment, key: Uint8Array): number {
  const { length } = key
  const last = key[length - 1]
  for (let at = (count - 1) * SLOT_BYTES; at >= 0; at -= SLOT_BYTES) {
    // Bookmarks mostly differ in their last byte, so nearly every other slot is skipped after one comparison.
    if (view.getUint8(at + length) !== last || (view.getUint8(at) & LENGTH_MASK) !== length) continue
    let i = 0
    while (i < length - 1 && view.getUint8(at + 1 + i) === key[i]) i++
    if (i === length - 1) return at
  }
  return -1
}

import { invariant } from '@datastreamer/format'
import type { BookmarkPut } from './bookmark-index.ts'
import { MAX_KEY_BYTES } from './slots.ts'

/** Slots that are made for the first bookmark: most lists of small commits have none. */
const FIRST_SLOTS = 64

const NO_BYTES = new Uint8Array(0)
const NO_NUMBERS = new Float64Array(0)

/**
 * Bookmarks on their way into an index, copied into one buffer, which is cheaper than an object for each.
 *
 * Invariants: keys are of 1 to 16 bytes; numbers grow.
 */
export class BookmarkList implements Iterable<BookmarkPut> {
  #keys: Uint8Array = NO_BYTES
  #lengths: Uint8Array = NO_BYTES
  #numbers: Float64Array = NO_NUMBERS
  #length = 0

  get length(): number {
    return this.#length
  }

  /** Add the bookmark of 1 to 16 bytes that is in `bytes` from `from` to `to`. */
  add(bytes: Uint8Array, from: number, to: number, number: number): void {
    const slot = this.#length
    invariant(to > from && to - from <= MAX_KEY_BYTES, 'a bookmark of a length that none has')
    invariant(slot === 0 || number > (this.#numbers[slot - 1] as number), 'bookmarks out of the order of the log')
    this.#length++
    if (slot === this.#lengths.length) this.#grow(Math.max(FIRST_SLOTS, 2 * slot))
    const keyAt = slot * MAX_KEY_BYTES - from
    for (let i = from; i < to; i++) this.#keys[keyAt + i] = bytes[i] as number
    this.#lengths[slot] = to - from
    this.#numbers[slot] = number
  }

  /** The bookmarks in order. The same object is yielded for all, and keys of one length share their memory. */
  *[Symbol.iterator](): Generator<BookmarkPut, void, void> {
    if (this.#length === 0) return
    const memory = new Uint8Array(MAX_KEY_BYTES)
    const keys = Array.from({ length: MAX_KEY_BYTES + 1 }, (_, length) => memory.subarray(0, length))
    const bookmark = { key: memory, number: 0 }
    for (let slot = 0; slot < this.#length; slot++) {
      const length = this.#lengths[slot] as number
      const keyAt = slot * MAX_KEY_BYTES
      for (let i = 0; i < length; i++) memory[i] = this.#keys[keyAt + i] as number
      bookmark.key = keys[length] as Uint8Array<ArrayBuffer>
      bookmark.number = this.#numbers[slot] as number
      yield bookmark
    }
  }

  #grow(slots: number): void {
    this.#keys = grown(this.#keys, new Uint8Array(slots * MAX_KEY_BYTES))
    this.#lengths = grown(this.#lengths, new Uint8Array(slots))
    this.#numbers = grown(this.#numbers, new Float64Array(slots))
  }
}

function grown<Numbers extends Uint8Array | Float64Array>(from: Numbers, to: Numbers): Numbers {
  to.set(from)
  return to
}

import { createHash, randomBytes } from 'node:crypto'
import { invariant } from '@datastreamer/format'

/** Words of a slot: two of the share's key, and how many of the share are connected; 0 is a free slot. */
const SLOT_WORDS = 3

/** What threads need to count in the same table. */
export interface ShareTableMemory {
  readonly words: SharedArrayBuffer
  /** Keys are made with it, so that nobody can choose addresses that look alike. */
  readonly seed: Uint8Array
}

/** Memory for so many shares at a time. */
export function shareTableMemory(capacity: number): ShareTableMemory {
  // Half of the slots stay free, so that a search is short.
  const slots = 2 ** Math.ceil(Math.log2(2 * capacity + 1))
  return { words: new SharedArrayBuffer(slots * SLOT_WORDS * 4), seed: randomBytes(16) }
}

/**
 * Counts by share, in memory that threads share: a hash table with linear probing. Only one thread may use it at a time.
 *
 * Invariants: between the slot where a share belongs and the one that it has, no slot is free.
 */
export class ShareTable {
  readonly #words: Int32Array
  readonly #seed: Uint8Array
  readonly #slots: number

  constructor({ words, seed }: ShareTableMemory) {
    this.#words = new Int32Array(words)
    this.#seed = seed
    this.#slots = this.#words.length / SLOT_WORDS
  }

  count(share: string): number {
    return this.#countAt(this.#find(this.#keyOf(share)))
  }

  increment(share: string): void {
    const key = this.#keyOf(share)
    const slot = this.#find(key)
    this.#put(slot, key, this.#countAt(slot) + 1)
  }

  decrement(share: string): void {
    const key = this.#keyOf(share)
    const slot = this.#find(key)
    const count = this.#countAt(slot)
    invariant(count > 0, 'a share leaves that was not there')
    this.#put(slot, key, count - 1)
    if (count === 1) this.#closeGap(slot)
  }

  #keyOf(share: string): readonly [number, number] {
    const digest = createHash('sha256').update(this.#seed).update(share).digest()
    return [digest.readInt32LE(0), digest.readInt32LE(4)]
  }

  /** The slot of a key, or the free one where it would be put. */
  #find([first, second]: readonly [number, number]): number {
    let slot = this.#home(first)
    for (let seen = 0; this.#countAt(slot) > 0; seen++) {
      const at = slot * SLOT_WORDS
      if (this.#words[at] === first && this.#words[at + 1] === second) break
      invariant(seen < this.#slots, 'the table of shares is full')
      slot = (slot + 1) % this.#slots
    }
    return slot
  }

  /** Move those after a slot that has become free, so that a search does not end there too early. */
  #closeGap(free: number): void {
    let gap = free
    for (let slot = (gap + 1) % this.#slots; this.#countAt(slot) > 0; slot = (slot + 1) % this.#slots) {
      const at = slot * SLOT_WORDS
      const key = [this.#words[at] ?? 0, this.#words[at + 1] ?? 0] as const
      const fromHome = this.#distance(this.#home(key[0]), slot)
      if (fromHome < this.#distance(gap, slot)) continue
      this.#put(gap, key, this.#countAt(slot))
      this.#words[at + 2] = 0
      gap = slot
    }
  }

  #home(first: number): number {
    return (first >>> 0) % this.#slots
  }

  #distance(from: number, to: number): number {
    return (to - from + this.#slots) % this.#slots
  }

  #countAt(slot: number): number {
    return this.#words[slot * SLOT_WORDS + 2] ?? 0
  }

  #put(slot: number, [first, second]: readonly [number, number], count: number): void {
    this.#words.set([first, second, count], slot * SLOT_WORDS)
  }
}

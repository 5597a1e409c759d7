import { MAX_KEY_BYTES } from './slots.ts'

const KEY_SLOT_BYTES = 1 + MAX_KEY_BYTES
const CHUNK_SLOTS = 65_536

/** Many bookmarks, 17 bytes each: `length u8 | key 16 bytes`. */
export class KeyList {
  readonly #chunks: Uint8Array[] = []
  #size = 0

  add(key: Uint8Array): void {
    const slot = this.#size % CHUNK_SLOTS
    if (slot === 0) this.#chunks.push(new Uint8Array(CHUNK_SLOTS * KEY_SLOT_BYTES))
    const chunk = this.#chunks.at(-1)
    if (chunk === undefined) return
    chunk[slot * KEY_SLOT_BYTES] = key.length
    chunk.set(key, slot * KEY_SLOT_BYTES + 1)
    this.#size++
  }

  /** All of them, in groups of at most `most`; they borrow memory. */
  *groups(most: number): Generator<readonly Uint8Array[]> {
    for (let first = 0; first < this.#size; first += most) {
      yield Array.from({ length: Math.min(most, this.#size - first) }, (_, i) => this.#key(first + i))
    }
  }

  #key(index: number): Uint8Array {
    const chunk = this.#chunks[Math.floor(index / CHUNK_SLOTS)] as Uint8Array
    const at = (index % CHUNK_SLOTS) * KEY_SLOT_BYTES
    return chunk.subarray(at + 1, at + 1 + (chunk[at] ?? 0))
  }
}

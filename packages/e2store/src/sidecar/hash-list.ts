import { viewOf } from '../io/view.ts'

const FIRST_ROOM = 1024

/** The first 64 bits of hashes, in the order of what they are the hashes of. */
export class HashList {
  #words = new Uint32Array(2 * FIRST_ROOM)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** @param hash at least 8 bytes */
  add(hash: Uint8Array): void {
    const view = viewOf(hash)
    const at = 2 * this.#length++
    if (at === this.#words.length) this.#words = grown(this.#words)
    this.#words[at] = view.getUint32(0)
    this.#words[at + 1] = view.getUint32(4)
  }

  /** The first 32 bits of a hash. */
  high(i: number): number {
    return this.#words[2 * i] as number
  }

  /** The 32 bits after them. */
  low(i: number): number {
    return this.#words[2 * i + 1] as number
  }
}

/** The values of a block's logs, each once for each block. */
export class ValueList {
  /** Pairs of a hash and a block. */
  #pairs = new Uint32Array(2 * FIRST_ROOM)
  #length = 0
  /** Hashes of the block that is being added, and which block that was, plus one. */
  #seen = new Uint32Array(FIRST_ROOM)
  #seenIn = new Uint32Array(FIRST_ROOM)
  #inBlock = 0
  #block = 0

  /** How many pairs there are. */
  get length(): number {
    return this.#length
  }

  hash(i: number): number {
    return this.#pairs[2 * i] as number
  }

  block(i: number): number {
    return this.#pairs[2 * i + 1] as number
  }

  /** Add a hash of 32 bits, of a block that is not before those added already. */
  add(hash: number, block: number): void {
    if (block !== this.#block) {
      this.#block = block
      this.#inBlock = 0
    }
    if (!this.#remember(hash, block + 1)) return
    const at = 2 * this.#length++
    if (at === this.#pairs.length) this.#pairs = grown(this.#pairs)
    this.#pairs[at] = hash
    this.#pairs[at + 1] = block
    if (2 * ++this.#inBlock > this.#seen.length) this.#widen()
  }

  /** Note that a hash is in a block; whether it was not noted before. */
  #remember(hash: number, mark: number): boolean {
    const mask = this.#seen.length - 1
    let slot = hash & mask
    for (; this.#seenIn[slot] === mark; slot = (slot + 1) & mask) if (this.#seen[slot] === hash) return false
    this.#seen[slot] = hash
    this.#seenIn[slot] = mark
    return true
  }

  #widen(): void {
    this.#seen = new Uint32Array(2 * this.#seen.length)
    this.#seenIn = new Uint32Array(this.#seen.length)
    for (let i = this.#length - this.#inBlock; i < this.#length; i++) this.#remember(this.hash(i), this.block(i) + 1)
  }
}

function grown(words: Uint32Array): Uint32Array<ArrayBuffer> {
  const out = new Uint32Array(2 * words.length)
  out.set(words)
  return out
}

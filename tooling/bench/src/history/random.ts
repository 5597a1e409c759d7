/** A sequence of numbers that is the same for the same seed: `xorshift32`. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = Math.imul(seed + 1, 0x9e37_79b1) | 1
    for (let i = 0; i < 8; i++) this.#next()
  }

  /** A whole number from 0 up to `limit`, itself excluded. */
  below(limit: number): number {
    return Math.floor((this.#next() / 2 ** 32) * limit)
  }

  /** As {@link below}, where low numbers come much more often. */
  skewed(limit: number): number {
    return Math.floor((this.#next() / 2 ** 32) ** 4 * limit)
  }

  /** True so often, of 1. */
  chance(part: number): boolean {
    return this.#next() < part * 2 ** 32
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    for (let at = 0; at < length; at += 4) {
      const word = this.#next()
      for (let i = 0; i < 4 && at + i < length; i++) bytes[at + i] = word >>> (8 * i)
    }
    return bytes
  }

  #next(): number {
    let state = this.#state
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    this.#state = state
    return state >>> 0
  }
}

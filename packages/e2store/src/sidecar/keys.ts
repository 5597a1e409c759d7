/** In which order this platform keeps the two halves of a u64. */
const LOW = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 0 : 1

/** Entries as numbers of 64 bits, which are sorted without being made one by one. */
export class Keys {
  readonly #keys: BigUint64Array
  readonly #words: Uint32Array
  #length: number

  constructor(length: number) {
    this.#keys = new BigUint64Array(length)
    this.#words = new Uint32Array(this.#keys.buffer)
    this.#length = length
  }

  get length(): number {
    return this.#length
  }

  /** The upper 32 bits of a key. */
  high(i: number): number {
    return this.#words[2 * i + 1 - LOW] as number
  }

  /** The lower 32 bits of a key. */
  low(i: number): number {
    return this.#words[2 * i + LOW] as number
  }

  set(i: number, high: number, low: number): void {
    this.#words[2 * i + 1 - LOW] = high
    this.#words[2 * i + LOW] = low
  }

  sort(): void {
    this.#keys.subarray(0, this.#length).sort()
  }

  /** What is left of a key without its lowest `bits` bits; the result has at most 53. */
  above(i: number, bits: number): number {
    if (bits >= 32) return Math.floor(this.high(i) / 2 ** (bits - 32))
    return this.high(i) * 2 ** (32 - bits) + (bits === 0 ? this.low(i) : this.low(i) >>> bits)
  }

  /** Keep only the keys for which `keep` is true; it gets their numbers in order. */
  filter(keep: (i: number) => boolean): void {
    let kept = 0
    for (let i = 0; i < this.#length; i++) if (keep(i)) this.set(kept++, this.high(i), this.low(i))
    this.#length = kept
  }
}

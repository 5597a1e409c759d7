/** Bits that hold every number below `count`. */
export function bitsFor(count: number): number {
  return count <= 1 ? 0 : 32 - Math.clz32(count - 1)
}

/** The number in `width` bits (at most 40) from bit `at` on; the first bit of a byte is its highest. */
export function readBits(bytes: Uint8Array, at: number, width: number): number {
  const from = Math.floor(at / 8)
  const end = at + width
  const last = Math.ceil(end / 8)
  let value = (bytes[from] as number) & (0xff >> (at - 8 * from))
  for (let i = from + 1; i < last; i++) value = value * 256 + (bytes[i] as number)
  return width === 0 ? 0 : Math.floor(value / 2 ** (8 * last - end))
}

/** Writes numbers of some bits one after the other, the highest bit of each byte first. */
export class BitWriter {
  readonly #bytes: Uint8Array
  /** The next byte. */
  #at: number
  /** Bits that are not written yet, and how many they are. */
  #held = 0
  #bits = 0

  /** Writes into `bytes` from byte `at` on. */
  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes
    this.#at = at
  }

  /** The byte after those written; call {@link align} before. */
  get position(): number {
    return this.#at
  }

  /** Write the lowest `width` bits (at most 32) of a number below 2^32. */
  write(value: number, width: number): void {
    if (width > 16) {
      this.#put(Math.floor(value / 65_536), width - 16)
      this.#put(value & 0xffff, 16)
    } else {
      this.#put(value, width)
    }
  }

  /** Fill the last byte with zeros. */
  align(): void {
    if (this.#bits > 0) this.#put(0, 8 - this.#bits)
  }

  /** `width` is at most 16, and fewer than 8 bits are held. */
  #put(value: number, width: number): void {
    this.#held = (this.#held << width) | (value & (2 ** width - 1))
    this.#bits += width
    while (this.#bits >= 8) {
      this.#bits -= 8
      this.#bytes[this.#at++] = this.#held >>> this.#bits
    }
    this.#held &= (1 << this.#bits) - 1
  }
}

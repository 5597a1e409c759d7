/** A set of the blocks of a file, by their index in it. */
export class BlockSet {
  readonly #bits: Uint8Array

  private constructor(bits: Uint8Array) {
    this.#bits = bits
  }

  static none(count: number): BlockSet {
    return new BlockSet(new Uint8Array(Math.ceil(count / 8)))
  }

  /** The blocks from `first` to `last`, which is below `count`. */
  static range(count: number, first: number, last: number): BlockSet {
    const set = BlockSet.none(count)
    const [from, to] = [Math.ceil(first / 8), Math.floor((last + 1) / 8)]
    if (from < to) set.#bits.fill(0xff, from, to)
    for (let index = first; index <= last && index < 8 * from; index++) set.add(index)
    for (let index = Math.max(first, 8 * to); index <= last; index++) set.add(index)
    return set
  }

  get isEmpty(): boolean {
    return this.#bits.every((byte) => byte === 0)
  }

  add(index: number): void {
    this.#bits[index >> 3] = (this.#bits[index >> 3] as number) | (1 << (index & 7))
  }

  /** Add those of a bitmap of as many blocks, the lowest bit of each byte first. */
  addBitmap(bitmap: Uint8Array): void {
    for (let i = 0; i < this.#bits.length; i++) this.#bits[i] = (this.#bits[i] as number) | (bitmap[i] as number)
  }

  /** Keep those only that are in `other` too. */
  keep(other: BlockSet): void {
    for (let i = 0; i < this.#bits.length; i++) this.#bits[i] = (this.#bits[i] as number) & (other.#bits[i] as number)
  }

  /** All of them, in order. */
  indices(): number[] {
    const found: number[] = []
    for (const [i, byte] of this.#bits.entries()) {
      for (let bit = 0; byte >> bit > 0; bit++) if ((byte >> bit) & 1) found.push(8 * i + bit)
    }
    return found
  }
}

import type { VerifiedBlock } from './verified-block.ts'

/** Keeps the blocks used last, up to roughly a number of bytes, and reads each once at a time. */
export class BlockCache {
  readonly #maxBytes: number
  readonly #kept = new Map<bigint, VerifiedBlock>()
  readonly #loading = new Map<bigint, Promise<VerifiedBlock | undefined>>()
  #bytes = 0
  #generation = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** A block that is kept, without keeping it longer. */
  peek(number: bigint): VerifiedBlock | undefined {
    return this.#kept.get(number)
  }

  /** A block that is kept. */
  known(number: bigint): VerifiedBlock | undefined {
    const block = this.#kept.get(number)
    if (block === undefined) return undefined
    this.#kept.delete(number)
    this.#kept.set(number, block)
    return block
  }

  /** A block that is kept, or what `load` gives, which is asked once at a time. */
  get(number: bigint, load: () => Promise<VerifiedBlock | undefined>): Promise<VerifiedBlock | undefined> {
    const known = this.known(number)
    if (known !== undefined) return Promise.resolve(known)
    const waiting = this.#loading.get(number)
    if (waiting !== undefined) return waiting
    const generation = this.#generation
    const loading = load().then((block) => {
      if (block !== undefined && generation === this.#generation) this.#keep(block)
      return block
    })
    this.#loading.set(number, loading)
    const done = (): void => {
      if (this.#loading.get(number) === loading) this.#loading.delete(number)
    }
    loading.then(done, done)
    return loading
  }

  /** Forget all blocks, also those that are being read. */
  clear(): void {
    this.#generation++
    this.#kept.clear()
    this.#loading.clear()
    this.#bytes = 0
  }

  #keep(block: VerifiedBlock): void {
    if (block.weight > this.#maxBytes / 4) return
    this.#kept.set(block.number, block)
    this.#bytes += block.weight
    for (const [number, { weight }] of this.#kept) {
      if (this.#bytes <= this.#maxBytes) return
      this.#kept.delete(number)
      this.#bytes -= weight
    }
  }
}

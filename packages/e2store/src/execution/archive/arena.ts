/** Allocates memory for contents: many small ones from one allocation. */
export class Arena {
  readonly #blockBytes: number
  #block: Uint8Array = new Uint8Array(0)
  #used = 0
  #taken = 0

  constructor(blockBytes: number) {
    this.#blockBytes = blockBytes
  }

  /** Bytes that were allocated and may be in use. */
  get taken(): number {
    return this.#taken
  }

  /** `size` bytes that nobody else has; large ones are allocated separately. */
  take(size: number): Uint8Array {
    this.#taken += size
    if (size > this.#blockBytes / 4) return new Uint8Array(size)
    if (this.#used + size > this.#block.length) {
      this.#block = new Uint8Array(this.#blockBytes)
      this.#used = 0
    }
    this.#used += size
    return this.#block.subarray(this.#used - size, this.#used)
  }

  /** Allocate from the same memory again: nobody may hold any of it. */
  reuse(): void {
    this.#used = 0
    this.#taken = 0
  }
}

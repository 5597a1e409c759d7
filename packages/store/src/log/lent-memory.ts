/** Look-ups are done few at a time. */
const MOST_KEPT = 4

/**
 * Memory for look-ups, each of which has some until it is done: what they read is looked at, and thrown away. New memory for
 * every one of them is the collector's work, which stops everything else.
 */
export class LentMemory {
  readonly #bytes: number
  readonly #free: Uint8Array[] = []

  /** @param bytes that one look-up has */
  constructor(bytes: number) {
    this.#bytes = bytes
  }

  /** Lend memory to `work`, with anything in it, until that is done. @throws what `work` throws */
  async lend<T>(work: (memory: Uint8Array) => Promise<T>): Promise<T> {
    const memory = this.#free.pop() ?? new Uint8Array(this.#bytes)
    try {
      return await work(memory)
    } finally {
      if (this.#free.length < MOST_KEPT) this.#free.push(memory)
    }
  }
}

/** What the server holds for a client. */
export interface Held extends Disposable {
  /** Hold so many bytes more, or fewer. */
  add(bytes: number): void
}

interface Holder {
  bytes: number
  readonly drop: () => void
}

/**
 * Bounds what is held for all clients together: requests that have not come whole or are not answered, and answers that are
 * not taken. Where it gets too much, the client is dropped for whom the most is held.
 */
export class HeldBytes {
  readonly #max: number
  #bytes = 0
  readonly #holders = new Set<Holder>()

  constructor(max: number) {
    this.#max = max
  }

  /** Bytes that are held. */
  get bytes(): number {
    return this.#bytes
  }

  /** @param drop disconnects the client */
  open(drop: () => void): Held {
    const holder: Holder = { bytes: 0, drop }
    this.#holders.add(holder)
    return {
      add: (bytes) => this.#add(holder, bytes),
      [Symbol.dispose]: () => this.#end(holder),
    }
  }

  #add(holder: Holder, bytes: number): void {
    if (!this.#holders.has(holder)) return
    // Commas between answers are sent, but not counted when answers are made.
    const change = Math.max(bytes, -holder.bytes)
    holder.bytes += change
    this.#bytes += change
    while (this.#bytes > this.#max) {
      let largest = holder
      for (const each of this.#holders) if (each.bytes > largest.bytes) largest = each
      this.#end(largest)
      largest.drop()
    }
  }

  #end(holder: Holder): void {
    if (this.#holders.delete(holder)) this.#bytes -= holder.bytes
  }
}

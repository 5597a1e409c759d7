/** A copy of some bytes, in memory that is used again for the next copy. */
export class OwnBytes {
  #memory = new Uint8Array(0)

  /** Copy; what was copied before is overwritten. */
  copyOf(bytes: Uint8Array): Uint8Array {
    if (this.#memory.length < bytes.length) this.#memory = new Uint8Array(bytes.length)
    this.#memory.set(bytes)
    return this.#memory.subarray(0, bytes.length)
  }
}

/** A view of the same bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

/** Views of the memory around bytes. Keeps the last view, because consecutive records mostly share memory. */
export class MemoryView {
  #memory: ArrayBufferLike = new ArrayBuffer(0)
  #view = new DataView(this.#memory)

  /** A view of the whole buffer of `bytes`, whose first byte is at `bytes.byteOffset`. */
  around(bytes: Uint8Array): DataView {
    if (this.#memory !== bytes.buffer) {
      this.#memory = bytes.buffer
      this.#view = new DataView(this.#memory)
    }
    return this.#view
  }
}

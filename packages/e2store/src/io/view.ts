/** A view of the same bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

/** Gives views of the memory that bytes lie in. Keeps the last one: most bytes lie where those before them did. */
export class MemoryView {
  #memory: ArrayBufferLike = new ArrayBuffer(0)
  #view = new DataView(this.#memory)

  /** A view of all the memory around `bytes`: byte 0 of them is byte `bytes.byteOffset` of the view. */
  around(bytes: Uint8Array): DataView {
    if (this.#memory !== bytes.buffer) {
      this.#memory = bytes.buffer
      this.#view = new DataView(this.#memory)
    }
    return this.#view
  }
}

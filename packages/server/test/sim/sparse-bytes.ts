const CHUNK = 4096

/** The content of a file that is mostly zero. */
export class SparseBytes {
  #chunks = new Map<number, Uint8Array>()
  #size = 0

  get size(): number {
    return this.#size
  }

  copy(): SparseBytes {
    const copy = new SparseBytes()
    copy.#size = this.#size
    for (const [index, chunk] of this.#chunks) copy.#chunks.set(index, chunk.slice())
    return copy
  }

  resize(size: number): void {
    if (size < this.#size) {
      for (const [index, chunk] of this.#chunks) {
        const start = index * CHUNK
        if (start >= size) this.#chunks.delete(index)
        else if (start + CHUNK > size) chunk.fill(0, size - start)
      }
    }
    this.#size = size
  }

  write(bytes: Uint8Array, position: number): void {
    this.#size = Math.max(this.#size, position + bytes.length)
    for (let done = 0; done < bytes.length; ) {
      const at = position + done
      const offset = at % CHUNK
      const part = bytes.subarray(done, done + CHUNK - offset)
      this.#chunk(Math.floor(at / CHUNK)).set(part, offset)
      done += part.length
    }
  }

  /** Fill `into` from `position` on; returns the bytes read. */
  read(into: Uint8Array, position: number): number {
    const length = Math.max(0, Math.min(into.length, this.#size - position))
    for (let done = 0; done < length; ) {
      const at = position + done
      const offset = at % CHUNK
      const count = Math.min(CHUNK - offset, length - done)
      const chunk = this.#chunks.get(Math.floor(at / CHUNK))
      if (chunk === undefined) into.fill(0, done, done + count)
      else into.set(chunk.subarray(offset, offset + count), done)
      done += count
    }
    return length
  }

  #chunk(index: number): Uint8Array {
    let chunk = this.#chunks.get(index)
    if (chunk === undefined) {
      chunk = new Uint8Array(CHUNK)
      this.#chunks.set(index, chunk)
    }
    return chunk
  }
}

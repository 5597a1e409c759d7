import type { Random } from './random.ts'

/** Size of a page of the machine's memory. */
export const PAGE_BYTES = 4096

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
        const start = index * PAGE_BYTES
        if (start >= size) this.#chunks.delete(index)
        else if (start + PAGE_BYTES > size) chunk.fill(0, size - start)
      }
    }
    this.#size = size
  }

  /** The bytes from `from` to `to` are zero, and take no space. */
  free(from: number, to: number): void {
    for (const [index, chunk] of this.#chunks) {
      const start = index * PAGE_BYTES
      if (start >= from && start + PAGE_BYTES <= to) this.#chunks.delete(index)
      else if (start < to && start + PAGE_BYTES > from)
        chunk.fill(0, Math.max(0, from - start), Math.min(PAGE_BYTES, to - start))
    }
  }

  write(bytes: Uint8Array, position: number): void {
    this.#size = Math.max(this.#size, position + bytes.length)
    for (let done = 0; done < bytes.length; ) {
      const at = position + done
      const offset = at % PAGE_BYTES
      const part = bytes.subarray(done, done + PAGE_BYTES - offset)
      this.#chunk(Math.floor(at / PAGE_BYTES)).set(part, offset)
      done += part.length
    }
  }

  /** Fill `into` from `position` on; returns the bytes read. */
  read(into: Uint8Array, position: number): number {
    const length = Math.max(0, Math.min(into.length, this.#size - position))
    for (let done = 0; done < length; ) {
      const at = position + done
      const offset = at % PAGE_BYTES
      const count = Math.min(PAGE_BYTES - offset, length - done)
      const chunk = this.#chunks.get(Math.floor(at / PAGE_BYTES))
      if (chunk === undefined) into.fill(0, done, done + count)
      else into.set(chunk.subarray(offset, offset + count), done)
      done += count
    }
    return length
  }

  /** A position that was written to, in half of the cases one that is not zero; `undefined` if there is none. */
  written(random: Random): number | undefined {
    if (this.#chunks.size === 0) return undefined
    const [index, chunk] = random.pick([...this.#chunks])
    const offset = random.int(0, PAGE_BYTES - 1)
    if (random.chance(0.5)) return index * PAGE_BYTES + offset
    const next = chunk.findIndex((byte, i) => i >= offset && byte !== 0)
    return index * PAGE_BYTES + (next < 0 ? offset : next)
  }

  #chunk(index: number): Uint8Array {
    let chunk = this.#chunks.get(index)
    if (chunk === undefined) {
      chunk = new Uint8Array(PAGE_BYTES)
      this.#chunks.set(index, chunk)
    }
    return chunk
  }
}

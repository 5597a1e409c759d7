import { viewOf } from './bytes.ts'
import { FormatError } from './errors.ts'
import { FRAME_BYTES } from './framing.ts'

/**
 * Bytes that come in chunks of any size, to be read frame by frame (`type u8 | length u32 | ...`, `length` counting
 * all): what is being read lies in one buffer, and only a frame that lies across chunks is copied.
 */
export class ChunkJoiner {
  /** What is being read lies from `at` to the end of this view: a chunk, or a frame that lay across chunks. */
  view: DataView = new DataView(new ArrayBuffer(0))
  at = 0
  /** The memory of the view if it is our own, so that bytes may be added after the view's end. */
  #joined: Uint8Array | undefined
  /** Position of the view's first byte, counted from the first byte that was ever pushed. */
  #base = 0
  /** Chunks after the view, in order, from `#nextChunk` on. */
  #chunks: Uint8Array[] = []
  #nextChunk = 0
  #chunkBytes = 0

  /** Bytes that were pushed but not read. */
  get buffered(): number {
    return this.view.byteLength - this.at + this.#chunkBytes
  }

  /** Position of `at`, counted from the first byte that was ever pushed. */
  get position(): number {
    return this.#base + this.at
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    this.#chunks.push(chunk)
    this.#chunkBytes += chunk.length
  }

  /** Whether a byte is left to read, at `at`: goes on to the next chunk where one ends. */
  hasByte(): boolean {
    if (this.at < this.view.byteLength) return true
    const chunk = this.#chunks[this.#nextChunk]
    if (chunk === undefined) return false
    this.#base += this.at
    this.view = viewOf(chunk)
    this.at = 0
    this.#joined = undefined
    this.#dropChunk(chunk)
    return true
  }

  /**
   * Bring more bytes of the incomplete frame at `at` together: its head, or as much as there is of the whole, the length of
   * which the frame's decoder must have checked. Returns whether there were any.
   */
  joinFrame(): boolean {
    return this.join(this.view.byteLength - this.at < FRAME_BYTES ? FRAME_BYTES : this.view.getUint32(this.at + 1))
  }

  /**
   * Bring up to `wanted` bytes from `at` on together, from the chunks after it; no more, so that the rest of a
   * chunk is never copied. Returns whether there was any.
   */
  join(wanted: number): boolean {
    const rest = this.view.byteLength - this.at
    const target = Math.min(wanted, this.buffered)
    if (target <= rest) return false
    let joined = this.#joined
    if (joined === undefined || this.at + target > joined.length) {
      // Memory grows with the bytes that came, not with the length that was announced; doubling keeps it linear.
      joined = new Uint8Array(Math.min(wanted, 2 * target))
      joined.set(new Uint8Array(this.view.buffer, this.view.byteOffset + this.at, rest))
      this.#base += this.at
      this.at = 0
    }
    let end = this.at + rest
    while (end < this.at + target) {
      const chunk = this.#chunks[this.#nextChunk]
      if (chunk === undefined) break
      const part = chunk.subarray(0, this.at + target - end)
      joined.set(part, end)
      end += part.length
      if (part.length === chunk.length) {
        this.#dropChunk(chunk)
      } else {
        this.#chunks[this.#nextChunk] = chunk.subarray(part.length)
        this.#chunkBytes -= part.length
      }
    }
    this.#joined = joined
    this.view = new DataView(joined.buffer, 0, end)
    return true
  }

  /** Pass over up to `wanted` bytes; returns how many there were. */
  skip(wanted: number): number {
    let skipped = 0
    while (skipped < wanted && this.hasByte()) {
      const bytes = Math.min(wanted - skipped, this.view.byteLength - this.at)
      this.at += bytes
      skipped += bytes
    }
    return skipped
  }

  /** The same error, its offset counted from the first byte that was ever pushed. */
  rebased(error: unknown): unknown {
    return error instanceof FormatError ? error.shifted(this.#base) : error
  }

  /** Forget the next chunk; the list is shortened only now and then, so that a long one is not moved for each. */
  #dropChunk(chunk: Uint8Array): void {
    this.#chunkBytes -= chunk.length
    this.#nextChunk++
    if (2 * this.#nextChunk <= this.#chunks.length) return
    this.#chunks = this.#chunks.slice(this.#nextChunk)
    this.#nextChunk = 0
  }
}

/** Memory that reads from disk share: one that is done hands it to the next. */
export class BufferPool {
  /** Bytes of each buffer. */
  readonly bufferBytes: number
  readonly #keep: number
  readonly #free: Uint8Array[] = []

  /** @param keep free buffers to hold at most */
  constructor(bufferBytes: number, keep: number) {
    this.bufferBytes = bufferBytes
    this.#keep = keep
  }

  /** A buffer with anything in it. */
  take(): Uint8Array {
    return this.#free.pop() ?? new Uint8Array(this.bufferBytes)
  }

  /** Hand back a buffer that nothing uses any more. One that is not handed back is lost to the pool, and no harm. */
  give(buffer: Uint8Array): void {
    if (this.#free.length < this.#keep) this.#free.push(buffer)
  }
}

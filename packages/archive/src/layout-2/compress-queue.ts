import type { ZstdEncoder } from '../codecs/zstd.ts'

/** Contents that are compressed at a time. */
const AT_ONCE = 2

/** Compresses contents in the background, a few at a time. */
export class CompressQueue {
  readonly #zstd: ZstdEncoder
  readonly #frames: Promise<Uint8Array>[] = []
  #done = 0

  constructor(zstd: ZstdEncoder) {
    this.#zstd = zstd
  }

  /** Begin to compress; the bytes must not change meanwhile. */
  push(content: Uint8Array): void {
    const frame = this.#zstd.compress(content)
    // Whoever waits for it gets the error.
    frame.catch(() => {})
    this.#frames.push(frame)
  }

  /** A promise that there is room for another content; `undefined` if there is. Rejects with what compressing threw. */
  room(): Promise<void> | undefined {
    return this.#frames.length - this.#done < AT_ONCE ? undefined : this.#waitForOne()
  }

  /** All frames, in order. */
  frames(): Promise<Uint8Array[]> {
    return Promise.all(this.#frames)
  }

  async #waitForOne(): Promise<void> {
    await this.#frames[this.#done]
    this.#done++
  }
}

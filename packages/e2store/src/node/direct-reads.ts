/** Larger reads always take a thread. */
const MAX_BYTES = 65_536
/** What memory does not take, in milliseconds. */
const SLOW_MS = 0.5
/** Reads that take a thread after a slow one: at first, and at most. */
const PAUSE = { least: 16, most: 1024 }

/**
 * Decides which reads of files are done at once, without a thread of the system's pool. A thread takes many times as long
 * as a short read of what the system keeps in memory; but while a disk is waited for, nothing else would be done. So
 * reads are done at once as long as they are short and fast; after each slow one, some take a thread, twice as many each
 * time.
 */
export class DirectReads {
  #pause = 0
  #nextPause = PAUSE.least

  /** Whether to read so many bytes at once. */
  take(length: number): boolean {
    if (length > MAX_BYTES) return false
    if (this.#pause === 0) return true
    this.#pause--
    return false
  }

  /** A read was done at once, and took so long. */
  took(ms: number): void {
    if (ms < SLOW_MS) {
      this.#nextPause = Math.max(PAUSE.least, this.#nextPause / 2)
      return
    }
    this.#pause = this.#nextPause
    this.#nextPause = Math.min(PAUSE.most, 2 * this.#nextPause)
  }
}

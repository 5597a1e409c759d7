/** Longest time in which a fast reader takes a chunk. */
const FAST_MS = 50

/** How fast a reader takes its chunks. */
export class Pace {
  #takenBytes = 0
  #isFast = false

  /** What it is known to take of chunks at once, in bytes: nothing unless it took the last one at once. */
  get credit(): number {
    return this.#isFast ? this.#takenBytes : 0
  }

  /** The socket took a chunk. */
  onTaken(bytes: number, withinMs: number): void {
    this.#takenBytes += bytes
    this.#isFast = withinMs <= FAST_MS
  }
}

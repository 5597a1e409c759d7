/** Longest time in which a fast reader takes a part. */
const FAST_MS = 50

/** How fast a reader takes its parts. */
export class Pace {
  #takenBytes = 0
  #isFast = false

  /** What it is known to take of parts at once, in bytes: nothing unless it took the last one at once. */
  get credit(): number {
    return this.#isFast ? this.#takenBytes : 0
  }

  /** The socket took a part. */
  onTaken(bytes: number, withinMs: number): void {
    this.#takenBytes += bytes
    this.#isFast = withinMs <= FAST_MS
  }
}

/** A point in time that nothing moves. */
export class Deadline {
  readonly #onPassed: () => void
  readonly #timer: NodeJS.Timeout
  #check: NodeJS.Immediate | undefined

  /** @param ms from now on */
  constructor(ms: number, onPassed: () => void) {
    this.#onPassed = onPassed
    this.#timer = setTimeout(() => this.#suspect(), Math.max(0, ms))
  }

  /** What it was for is done. */
  stop(): void {
    clearTimeout(this.#timer)
    clearImmediate(this.#check)
  }

  /** If this process was busy, what came in time is read only after its timers: look once more behind that. */
  #suspect(): void {
    this.#check = setImmediate(this.#onPassed)
  }
}

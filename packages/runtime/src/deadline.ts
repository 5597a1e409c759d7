import type { Clock, Timer } from './clock.ts'

/**
 * A point in time that traffic does not move. If the process was busy, what came in time is read before it passes:
 * timers run first, so it waits for the input that they found waiting.
 */
export class Deadline {
  readonly #timer: Timer
  #isMet = false

  /** @param ms from now on; less than 0 counts as 0 */
  constructor(clock: Clock, ms: number, onPassed: () => void) {
    const pass = (): void => {
      if (!this.#isMet) onPassed()
    }
    this.#timer = clock.after(Math.max(0, ms), () => clock.soon(pass))
  }

  /** What it was for is done. */
  cancel(): void {
    this.#isMet = true
    this.#timer.cancel()
  }
}

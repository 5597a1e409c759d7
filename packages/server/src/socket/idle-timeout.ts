import type { Clock, Timer } from '@datastreamer/runtime'

/**
 * Notices that nothing was heard for too long. If the process was busy, what came meanwhile is read first: timers run
 * first, so it waits for the input that they found waiting.
 */
export class Silence {
  readonly #clock: Clock
  readonly #check: () => void
  #timer: Timer | undefined
  /** Whether its time is over, and only the input that waited then may have been heard in time. */
  #isDue = false

  constructor(clock: Clock, onSilence: () => void) {
    this.#clock = clock
    this.#check = () => {
      if (!this.#isDue) return
      this.#isDue = false
      onSilence()
    }
  }

  /** Report after so long from now on (0: never) without a {@link heard}. */
  limit(timeoutMs: number): void {
    this.stop()
    if (timeoutMs > 0) this.#timer = this.#clock.after(timeoutMs, () => this.#suspect())
  }

  heard(): void {
    this.#isDue = false
    this.#timer?.restart()
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#isDue = false
  }

  #suspect(): void {
    this.#isDue = true
    this.#clock.soon(this.#check)
  }
}

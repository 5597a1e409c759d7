import type { Clock, Timer } from '@datastreamer/runtime'

/**
 * Notices that nothing came for too long. If the process was busy, what came meanwhile is read first: timers run
 * first, so it waits for the input that they found waiting.
 */
export class IdleTimeout {
  readonly #clock: Clock
  readonly #check: () => void
  #timer: Timer | undefined
  /** Whether its time is over, and only the input that waited then may have come in time. */
  #isDue = false

  constructor(clock: Clock, onTimeout: () => void) {
    this.#clock = clock
    this.#check = () => {
      if (!this.#isDue) return
      this.#isDue = false
      onTimeout()
    }
  }

  /** Report after so long from now on (0: never) without a {@link touch}. */
  start(timeoutMs: number): void {
    this.stop()
    if (timeoutMs > 0) this.#timer = this.#clock.after(timeoutMs, () => this.#suspect())
  }

  /** Something came. */
  touch(): void {
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

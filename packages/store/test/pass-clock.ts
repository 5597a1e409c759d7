import type { Timer } from '@datastreamer/runtime'
import { ManualClock } from '@datastreamer/runtime/testing'

/** Shorter sleeps throttle reading, longer ones wait for the next pass. */
const SHORT_MS = 60_000
const LONG_MS = 1_000_000

/** The clock of a scrubber: throttling takes no time, and the next pass begins when a test says so. */
export class PassClock extends ManualClock {
  /** Begins the next pass. */
  #begin: (() => void) | undefined
  #asleep: (() => void)[] = []
  /** Milliseconds of short sleeps so far. */
  throttledMs = 0

  override after(ms: number, fire: () => void): Timer {
    const timer = super.after(ms, fire)
    if (ms < SHORT_MS) {
      this.throttledMs += ms
      this.soon(() => this.advance(Math.max(0, ms)))
    }
    return ms < LONG_MS ? timer : this.#sleep(timer, fire)
  }

  /** Only scrubbing uses timers. */
  override every(): Timer {
    return { cancel: () => {}, restart: () => {} }
  }

  /** Resolves when a pass is over. */
  async passDone(): Promise<void> {
    if (this.#begin === undefined) await new Promise<void>((resolve) => this.#asleep.push(resolve))
  }

  /** Play one more pass. */
  async nextPass(): Promise<void> {
    await this.passDone()
    const done = new Promise<void>((resolve) => this.#asleep.push(resolve))
    this.#begin?.()
    await done
  }

  #sleep(timer: Timer, fire: () => void): Timer {
    const cancel = (): void => {
      this.#begin = undefined
      timer.cancel()
    }
    this.#begin = () => {
      cancel()
      fire()
    }
    for (const wake of this.#asleep.splice(0)) wake()
    return { ...timer, cancel }
  }
}

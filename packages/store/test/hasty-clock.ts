import type { Timer } from '@datastreamer/runtime'
import { ManualClock } from '@datastreamer/runtime/testing'

/** A clock without waiting: each timer fires as soon as the event loop is idle, and its time has passed then. */
export class HastyClock extends ManualClock {
  override after(ms: number, fire: () => void): Timer {
    const timer = super.after(ms, fire)
    this.#hurry(ms)
    return {
      cancel: () => timer.cancel(),
      restart: () => {
        timer.restart()
        this.#hurry(ms)
      },
    }
  }

  #hurry(ms: number): void {
    this.soon(() => this.advance(ms))
  }
}

import type { Timer } from '@datastreamer/runtime'
import { ManualClock } from '@datastreamer/runtime/testing'

/** A clock on which nobody waits: each timer fires once what waits in the event loop has happened, and its time has passed. */
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

import type { Clock, Timer, TimerOptions } from './clock.ts'

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  after: (ms, fire, options) => new SystemTimer(setTimeout(fire, ms), options),
  every: (ms, fire, options) => new SystemTimer(setInterval(fire, ms), options),
  soon: (fire) => void setImmediate(fire),
}

class SystemTimer implements Timer {
  readonly #timeout: NodeJS.Timeout

  constructor(timeout: NodeJS.Timeout, { ref = true }: TimerOptions = {}) {
    this.#timeout = timeout
    if (!ref) timeout.unref()
  }

  cancel(): void {
    clearTimeout(this.#timeout)
  }

  restart(): void {
    this.#timeout.refresh()
  }
}

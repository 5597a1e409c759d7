import type { HttpClock } from '@datastreamer/e2store/location'
import type { Signal } from '@datastreamer/format'
import { orAborted } from './abort-scope.ts'

const FIRST_WAIT_MS = 250
const LONGEST_WAIT_MS = 8000

/** Time and chance: what is used of a clock. */
export type HistoryClock = Pick<HttpClock, 'after' | 'random'>

const platformClock: HistoryClock = {
  after: (ms, work) => {
    const { setTimeout, clearTimeout } = globalThis as unknown as {
      setTimeout(work: () => void, ms: number): unknown
      clearTimeout(timer: unknown): void
    }
    const timer = setTimeout(work, ms)
    return () => clearTimeout(timer)
  },
  random: () => Math.random(),
}

/** Waits: between tries, twice as long each time, and between half and all of that. */
export class Pace {
  readonly #clock: HistoryClock

  constructor(clock: HistoryClock = platformClock) {
    this.#clock = clock
  }

  /** Wait before try `n` ≥ 1. @throws the signal's reason */
  async wait(n: number, signal: Signal | undefined): Promise<void> {
    const ms = Math.min(FIRST_WAIT_MS * 2 ** (n - 1), LONGEST_WAIT_MS) * (0.5 + this.#clock.random() / 2)
    await this.#within(ms, (waited) => orAborted(waited, signal))
  }

  /** Wait for some work, for so many milliseconds at most. */
  async atMost(ms: number, work: Promise<unknown>): Promise<void> {
    await this.#within(ms, (waited) => Promise.race([work, waited]))
  }

  async #within(ms: number, wait: (waited: Promise<void>) => Promise<unknown>): Promise<void> {
    let stop: (() => void) | undefined
    const waited = new Promise<void>((resolve) => {
      stop = this.#clock.after(ms, resolve)
    })
    try {
      await wait(waited)
    } finally {
      stop?.()
    }
  }
}

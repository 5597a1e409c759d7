import { setImmediate as turn } from 'node:timers/promises'
import type { Clock } from '../src/scrub/clock.ts'

/** Sleeps of at least so long end only when the test says so; shorter ones at once. */
const LONG_MS = 60_000

/** A clock that a test moves: what is throttled goes on at once, the next pass begins when it is asked for. */
export class ManualClock implements Clock {
  #now = 0
  #sleepers: (() => void)[] = []
  #asleep: (() => void)[] = []
  /** Milliseconds of short sleeps so far. */
  throttledMs = 0

  now(): number {
    return this.#now
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    this.#now += ms
    if (ms < LONG_MS) {
      this.throttledMs += ms
      await turn()
      return
    }
    for (const tell of this.#asleep.splice(0)) tell()
    await new Promise<void>((resolve, reject) => {
      this.#sleepers.push(resolve)
      const leave = (): void => {
        this.#sleepers = this.#sleepers.filter((sleeper) => sleeper !== resolve)
        reject(signal.reason as Error)
      }
      signal.addEventListener('abort', leave, { once: true })
    })
  }

  /** Resolves when a pass is over. */
  async passDone(): Promise<void> {
    if (this.#sleepers.length === 0) await new Promise<void>((resolve) => this.#asleep.push(resolve))
  }

  /** Play one more pass. */
  async nextPass(): Promise<void> {
    await this.passDone()
    const done = new Promise<void>((resolve) => this.#asleep.push(resolve))
    for (const wake of this.#sleepers.splice(0)) wake()
    await done
  }
}

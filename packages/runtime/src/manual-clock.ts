import type { Clock, Timer } from './clock.ts'
import { turns } from './turns.ts'

/**
 * A clock that stands still until a test moves it, whatever the machine does meanwhile. What is due without any time
 * passing happens by itself.
 */
export class ManualClock implements Clock {
  #now = 0
  /** Those that wait, in the order in which they were set. */
  readonly #timers = new Set<ManualTimer>()
  #armed = 0
  #wake: (() => void)[] = []

  /** Timers that were set so far. */
  get armed(): number {
    return this.#armed
  }

  now(): number {
    return this.#now
  }

  /** Begins at 2000-01-01. */
  wallTime(): number {
    return 946_684_800_000 + this.#now
  }

  after(ms: number, fire: () => void): Timer {
    return this.#set(new ManualTimer(Math.max(0, ms), fire, false))
  }

  every(ms: number, fire: () => void): Timer {
    return this.#set(new ManualTimer(Math.max(1, ms), fire, true))
  }

  /** As the real one: no time passes until then. */
  soon(fire: () => void): void {
    setImmediate(fire)
  }

  /** Resolves once a timer is set beyond the first `count` that ever were: somebody has begun to wait. */
  async armedBeyond(count: number): Promise<void> {
    while (this.#armed <= count) await new Promise<void>((resolve) => this.#wake.push(resolve))
  }

  /** Resolves once a timer of exactly so many milliseconds from now waits. */
  async waitingFor(ms: number): Promise<void> {
    while (![...this.#timers].some(({ due }) => due - this.#now === ms)) {
      await new Promise<void>((resolve) => this.#wake.push(resolve))
    }
  }

  /** Let so much time pass at once; timers that are due fire in order. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const [first] = [...this.#timers].filter(({ due }) => due <= end).sort((a, b) => a.due - b.due)
      if (first === undefined) break
      this.#now = Math.max(this.#now, first.due)
      this.#timers.delete(first)
      if (first.repeats) this.#start(first)
      first.fire()
    }
    this.#now = end
  }

  /** Let so much time pass, and then happen what waits in the event loop. */
  async pass(ms: number): Promise<void> {
    this.advance(ms)
    await turns()
  }

  #set(timer: ManualTimer): Timer {
    this.#start(timer)
    return { cancel: () => this.#timers.delete(timer), restart: () => this.#start(timer) }
  }

  #start(timer: ManualTimer): void {
    timer.due = this.#now + timer.ms
    // Sets keep the order in which their members came.
    this.#timers.delete(timer)
    this.#timers.add(timer)
    if (timer.ms === 0) this.soon(() => this.advance(0))
    this.#armed++
    for (const wake of this.#wake.splice(0)) wake()
  }
}

class ManualTimer {
  due = 0
  readonly ms: number
  readonly fire: () => void
  readonly repeats: boolean

  constructor(ms: number, fire: () => void, repeats: boolean) {
    this.ms = ms
    this.fire = fire
    this.repeats = repeats
  }
}

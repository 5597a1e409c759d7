import type { HttpClock } from '../../src/location.ts'

/** A clock that goes on when somebody waits: what is waited for first happens at once, and later times later. */
export class SteppedClock implements HttpClock {
  /** How long each wait was to be, in the order in which they ended. */
  readonly waits: number[] = []
  /** Waits longer than this never end: those for what does happen. */
  readonly #longest: number
  #now = 1_700_000_000_000

  constructor(longest = 20_000) {
    this.#longest = longest
  }

  now(): number {
    return this.#now
  }

  random(): number {
    return 1
  }

  after(ms: number, work: () => void): () => void {
    if (ms > this.#longest) return () => undefined
    const due = setImmediate(() => {
      this.#now += ms
      this.waits.push(ms)
      work()
    })
    return () => clearImmediate(due)
  }
}

export interface RoundOptions {
  /** Longest wait after the first round that failed (default 100). */
  readonly minMs?: number | undefined
  /** Longest wait (default 10,000). */
  readonly maxMs?: number | undefined
  /** Gives 0 to 1, for tests. */
  readonly random?: (() => number) | undefined
}

/** What each round that failed multiplies the wait by. */
const FACTOR = 2
/** Part of the wait that is left to chance, so that many relays do not come back at once. */
const JITTER = 0.5

/** Waits between rounds over a list of servers: longer from failure to failure, never the same for two relays. */
export class Rounds {
  readonly #minMs: number
  readonly #maxMs: number
  readonly #random: () => number
  #failures = 0

  constructor({ minMs = 100, maxMs = 10_000, random = Math.random }: RoundOptions = {}) {
    this.#minMs = minMs
    this.#maxMs = maxMs
    this.#random = random
  }

  /** Something came of it: what failed before no longer counts. */
  succeeded(): void {
    this.#failures = 0
  }

  /** How long to wait, in ms, after a round in which every server failed. */
  failed(): number {
    const wait = Math.min(this.#maxMs, this.#minMs * FACTOR ** this.#failures++)
    return wait * (1 - JITTER * this.#random())
  }
}

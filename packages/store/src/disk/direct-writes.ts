import type { Clock } from '@datastreamer/runtime'

/** Largest write that may be made directly: a larger one takes longer than a hand-over to another thread. */
const MAX_BYTES = 64 * 1024
/** A write that takes no longer costs less than handing it over. */
const FREE_MS = 0.25
/** Time beyond that which direct writes may take at once, and of every millisecond. */
const MAX_BUDGET_MS = 20
const REFILL = 0.1
/** How long writes are handed over after that, and the longest if it happens again and again. */
const FIRST_PENALTY_MS = 60_000
const LAST_PENALTY_MS = 3_600_000
/** A write that was handed over and took so long shows that the disk does not answer at once yet. */
const SLOW_MS = 20

/**
 * Decides whether a small write is made directly, or handed over to a thread. A disk that answers at once takes some
 * microseconds, a hand-over and its way back many times that; but a direct write to a disk that takes its time stops
 * everything else in the process.
 *
 * Invariants: direct writes take a bounded share of the time, and after a slow one there is none for a minute or more, as
 * long as the disk stays slow.
 */
export class DirectWrites {
  readonly #clock: Clock
  #budget = MAX_BUDGET_MS
  #budgetAt = 0
  /** When writes may be direct again. */
  #directFrom = Number.NEGATIVE_INFINITY
  #penaltyMs = FIRST_PENALTY_MS

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Whether a write of so many bytes may be made directly now. */
  mayWrite(bytes: number): boolean {
    return bytes <= MAX_BYTES && this.#clock.now() >= this.#directFrom
  }

  /** Make a direct write, and take its time. @throws what it throws */
  run<T>(write: () => T): T {
    const began = this.#clock.now()
    try {
      return write()
    } finally {
      const now = this.#clock.now()
      this.#spend(now - began - FREE_MS, now)
    }
  }

  /** A write of so many bytes was handed over and has taken so long: if it was small, that shows how the disk is. */
  onHandedOver(bytes: number, tookMs: number): void {
    const now = this.#clock.now()
    if (bytes <= MAX_BYTES && tookMs >= SLOW_MS && now < this.#directFrom) this.#directFrom = now + this.#penaltyMs
  }

  #spend(ms: number, now: number): void {
    if (ms <= 0) return
    this.#budget = Math.min(MAX_BUDGET_MS, this.#budget + (now - this.#budgetAt) * REFILL) - ms
    this.#budgetAt = now
    if (this.#budget > 0) return
    // Soon after a penalty the disk is as it was before it.
    const isRepeated = now - this.#directFrom < LAST_PENALTY_MS
    this.#penaltyMs = isRepeated ? Math.min(2 * this.#penaltyMs, LAST_PENALTY_MS) : FIRST_PENALTY_MS
    this.#directFrom = now + this.#penaltyMs
    this.#budget = MAX_BUDGET_MS
  }
}

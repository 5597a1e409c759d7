export interface TimeBudgetOptions {
  /** The part of all time that may be spent. */
  readonly share: number
  /** Most time that is saved up. */
  readonly mostMs: number
  /** Most time that is owed: what is spent beyond that is forgiven. */
  readonly mostDebtMs: number
}

/** A part of the time, which can be saved and owed within bounds; it begins with all that can be saved. */
export class TimeBudget {
  readonly #options: TimeBudgetOptions
  /** What was left at `#at`. */
  #left: number
  #at = 0

  constructor(options: TimeBudgetOptions) {
    this.#options = options
    this.#left = options.mostMs
  }

  /** What may be spent now, in ms; negative if that much is owed. */
  left(now: number): number {
    const { share, mostMs } = this.#options
    return Math.min(mostMs, this.#left + (now - this.#at) * share)
  }

  /** In how many ms so much may be spent. */
  waitFor(ms: number, now: number): number {
    return Math.max(0, (ms - this.left(now)) / this.#options.share)
  }

  spend(ms: number, now: number): void {
    this.#left = Math.max(-this.#options.mostDebtMs, this.left(now) - ms)
    this.#at = now
  }
}

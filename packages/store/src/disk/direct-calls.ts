import type { Clock } from '@datastreamer/runtime'

/** The calls that are judged together: the last ones. */
const JUDGED = 16
/** Half of them took longer: that is the disk. A few may be long because others had the processor. */
const LONG_MS = 1
/** Longest time that they may take together. */
const MAX_TOGETHER_MS = 100
/** How long calls are handed over after that, and the longest if it happens again and again. */
const FIRST_PENALTY_MS = 60_000
const LAST_PENALTY_MS = 3_600_000
/** A call that was handed over and took so long shows that the disk does not answer at once yet. */
const SLOW_MS = 20

/**
 * Decides whether a small read or write is done directly, or handed over to another thread. A disk that answers at once
 * takes some microseconds, a hand-over and its way back many times that; but a direct call to a disk that takes its time
 * stops everything else in the thread.
 *
 * Invariants: the last direct calls took no more than a bounded time together, but for the last one; once they have there is
 * none for a minute or more, as long as the disk stays slow.
 */
export class DirectCalls {
  readonly #clock: Clock
  readonly #maxBytes: number
  /** Milliseconds that the last direct calls took. */
  readonly #took: number[] = []
  /** When calls may be direct again. */
  #directFrom = Number.NEGATIVE_INFINITY
  #penaltyMs = FIRST_PENALTY_MS

  /** @param maxBytes most bytes of a call that may be direct: a larger one takes longer than the hand-over */
  constructor(clock: Clock, maxBytes: number) {
    this.#clock = clock
    this.#maxBytes = maxBytes
  }

  /** Whether a call for so many bytes may be direct now. */
  mayCall(bytes: number): boolean {
    return bytes <= this.#maxBytes && this.#clock.now() >= this.#directFrom
  }

  /** Make a direct call, and take its time. @throws what it throws */
  run<T>(call: () => T): T {
    const began = this.#clock.now()
    try {
      return call()
    } finally {
      this.#judge(this.#clock.now() - began)
    }
  }

  /** A call for so many bytes was handed over and has taken so long: if it was small, that shows how the disk is. */
  onHandedOver(bytes: number, tookMs: number): void {
    const now = this.#clock.now()
    if (bytes <= this.#maxBytes && tookMs >= SLOW_MS && now < this.#directFrom) this.#directFrom = now + this.#penaltyMs
  }

  #judge(tookMs: number): void {
    const took = this.#took
    if (took.length === JUDGED) took.shift()
    took.push(tookMs)
    // Mostly they are short, and so are those before.
    if (tookMs <= LONG_MS) return
    const together = took.reduce((sum, ms) => sum + ms, 0)
    if (together > MAX_TOGETHER_MS || took.filter((ms) => ms > LONG_MS).length >= JUDGED / 2) this.#stop()
  }

  /** Hand over from now on. */
  #stop(): void {
    const now = this.#clock.now()
    this.#took.length = 0
    // Soon after a penalty the disk is as it was before it.
    const isRepeated = now - this.#directFrom < LAST_PENALTY_MS
    this.#penaltyMs = isRepeated ? Math.min(2 * this.#penaltyMs, LAST_PENALTY_MS) : FIRST_PENALTY_MS
    this.#directFrom = now + this.#penaltyMs
  }
}

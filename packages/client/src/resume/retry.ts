import type { StreamError } from '@datastreamer/format'
import { ProtocolError } from '../errors.ts'
import type { Backoff } from '../options.ts'

/** Breaches of the protocol in a row, without an entry in between, that are put down to chance. */
const MAX_BREACHES = 3
/** A connection that streamed this long was sound, also if no entry came. */
const SOUND_MS = 10_000

/** Decides whether and when to dial again: exponential backoff with jitter. */
export class Retry {
  readonly #backoff: Backoff
  readonly #random: () => number
  #failures = 0
  #breaches = 0

  constructor(backoff: Backoff, random: () => number = Math.random) {
    this.#backoff = backoff
    this.#random = random
  }

  /** Entries came: what failed before no longer counts. */
  progressed(): void {
    this.#failures = 0
    this.#breaches = 0
  }

  /**
   * How long to wait, in ms, after an attempt that failed.
   *
   * @param streamedMs how long the connection streamed, 0 if it was never made
   * @throws the error itself if dialling again was tried often enough
   */
  failed(error: StreamError, streamedMs: number): number {
    const wait = this.waitAfter(error, streamedMs)
    if (wait === undefined) throw error
    return wait
  }

  /** As {@link failed}; `undefined` if it was tried often enough. */
  waitAfter(error: StreamError, streamedMs: number): number | undefined {
    const { minMs, maxMs, factor, jitter, maxAttempts } = this.#backoff
    if (streamedMs >= SOUND_MS) this.#failures = 0
    this.#failures++
    if (error instanceof ProtocolError) this.#breaches++
    if (this.#failures >= maxAttempts || this.#breaches > MAX_BREACHES) return undefined
    const wait = minMs === 0 ? 0 : Math.min(maxMs, minMs * factor ** (this.#failures - 1))
    return wait * (1 - jitter * this.#random())
  }
}

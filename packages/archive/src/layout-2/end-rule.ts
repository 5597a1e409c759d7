import type { BatchAndTime } from './entry-facts.ts'

export interface SegmentEndOptions {
  /** Bytes of entries from which on a segment ends at the next chance: 1 to 268,435,456 (default 33,554,432). */
  readonly segmentBytes?: number | undefined
  /** Seconds of block time after which a segment ends at the next chance, at least 1 (default 3600). */
  readonly periodSeconds?: number | undefined
}

const DEFAULT_SEGMENT_BYTES = 33_554_432
/** With four times as many, a segment cannot come to more records than there may be. */
const MAX_SEGMENT_BYTES = 268_435_456
const DEFAULT_PERIOD_SECONDS = 3600

/** The entries of a segment so far, as far as they decide where it ends. docs/spec/archive.md §7.5. */
export class EndRule {
  readonly #wanted: number
  readonly #period: bigint
  #bytes = 0
  #batch: bigint | undefined
  #firstTime: bigint | undefined

  /** @throws {RangeError} for options out of their ranges */
  constructor({ segmentBytes = DEFAULT_SEGMENT_BYTES, periodSeconds = DEFAULT_PERIOD_SECONDS }: SegmentEndOptions) {
    if (!Number.isInteger(segmentBytes) || segmentBytes < 1 || segmentBytes > MAX_SEGMENT_BYTES) {
      throw new RangeError(`segmentBytes ${segmentBytes}, expected 1 to ${MAX_SEGMENT_BYTES}`)
    }
    if (!Number.isSafeInteger(periodSeconds) || periodSeconds < 1) {
      throw new RangeError(`periodSeconds ${periodSeconds}, expected 1 or more`)
    }
    this.#wanted = segmentBytes
    this.#period = BigInt(periodSeconds)
  }

  /** Bytes of the entries. */
  get bytes(): number {
    return this.#bytes
  }

  /** An entry is of the segment. */
  add(bytes: number, { batch, time }: BatchAndTime): void {
    this.#bytes += bytes
    this.#batch = batch ?? this.#batch
    this.#firstTime ??= time
  }

  /** The segment ended: the next entry begins another. */
  restart(): void {
    this.#bytes = 0
    this.#batch = undefined
    this.#firstTime = undefined
  }

  /** Whether it holds so many times what is wanted. */
  holds(times: 1 | 2 | 4): boolean {
    return this.#bytes >= times * this.#wanted
  }

  /** Whether it ends before a block or batch that belongs there; `undefined` if more has to be known of it. */
  endsBefore({ batch, time }: BatchAndTime): boolean | undefined {
    if (this.#bytes === 0) return false
    if (this.holds(2)) return true
    if (batch === undefined) return undefined
    if (batch === this.#batch) return false
    if (this.holds(1)) return true
    if (time === undefined) return undefined
    return this.#firstTime !== undefined && time / this.#period > this.#firstTime / this.#period
  }
}

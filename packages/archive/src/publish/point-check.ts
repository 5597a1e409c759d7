import { type Entry, encodeEntry } from '@datastreamer/format'
import { DigestChain } from '../segment/digest-chain.ts'
import { type StreamPoint, samePoint } from '../segment/point.ts'
import type { Sha256 } from '../sha256.ts'

/** Counts the digest on from a point over entries, and compares it where it passes others. */
export class PointCheck {
  readonly #chain: DigestChain
  readonly #points: readonly StreamPoint[]
  #passed = 0

  constructor(start: StreamPoint, points: readonly StreamPoint[], sha256: Sha256) {
    this.#chain = new DigestChain(start, sha256)
    this.#points = points
  }

  /** Whether the last point was passed. */
  get isDone(): boolean {
    return this.#passed === this.#points.length
  }

  /** Take the next entries. Gives whether every point so far fits. */
  take(entries: readonly Entry[]): boolean {
    for (const entry of entries) {
      const next = this.#points[this.#passed]
      if (next === undefined) return true
      this.#chain.append(encodeEntry(entry))
      if (this.#chain.number < next.number) continue
      if (!samePoint(this.#chain.point(), next)) return false
      this.#passed++
    }
    return true
  }
}

import type { DigestPoint } from '../tcp/known-signatures.ts'

/** Points that are kept. */
const KEPT = 512

/** Where the digest of a log was a moment ago: from the nearest of them it is soon counted on to any entry near the head. */
export class Marks {
  #points: DigestPoint[] = []

  add(point: DigestPoint): void {
    this.#points.push(point)
    if (this.#points.length > 2 * KEPT) this.#points = this.#points.slice(-KEPT)
  }

  /** The last one up to an entry. */
  lastUpTo(number: number): DigestPoint | undefined {
    let best: DigestPoint | undefined
    for (const point of this.#points) {
      if (point.number <= number && point.number >= (best?.number ?? 0)) best = point
    }
    return best
  }

  /** Remove those after so many entries. */
  truncate(entries: number): void {
    this.#points = this.#points.filter(({ number }) => number <= entries)
  }
}

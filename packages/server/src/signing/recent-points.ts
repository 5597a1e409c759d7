import type { SignedPoint } from '../tcp/known-signatures.ts'

/** Points that are kept in memory: what a live reader that is slow for a moment may be behind. */
const KEPT = 64

/** The newest signed points of a log, in order, and who listens to changes of them. */
export class RecentPoints {
  readonly #listeners = new Set<() => void>()
  #points: readonly SignedPoint[] = []
  #since: number

  /** @param since number of entries before which nothing is known */
  constructor(since: number) {
    this.#since = since
  }

  get all(): readonly SignedPoint[] {
    return this.#points
  }

  /** All points that were added after so many entries, and are not truncated, are among them. */
  get since(): number {
    return this.#since
  }

  get newest(): SignedPoint | undefined {
    return this.#points.at(-1)
  }

  /** The point before an entry. */
  at(number: number): SignedPoint | undefined {
    return this.#points.findLast((point) => point.number === number)
  }

  listen(onChange: () => void): () => void {
    this.#listeners.add(onChange)
    return () => this.#listeners.delete(onChange)
  }

  /** Add a point after all others, or in the place of the one with its number. Says whether it is in. */
  add(point: SignedPoint): boolean {
    const known = this.at(point.number)
    if (known !== undefined) this.#points = this.#points.map((each) => (each === known ? point : each))
    else if (point.number < (this.newest?.number ?? 0)) return false
    else this.#points = [...this.#points, point]
    const [oldest] = this.#points
    if (this.#points.length > KEPT && oldest !== undefined) {
      this.#since = oldest.number + 1
      this.#points = this.#points.slice(1)
    }
    this.changed()
    return true
  }

  /** Remove those after so many entries. */
  truncate(entries: number): void {
    this.#points = this.#points.filter(({ number }) => number <= entries)
    this.#since = Math.min(this.#since, entries)
    this.changed()
  }

  /** Tell those who listen. */
  changed(): void {
    for (const listener of this.#listeners) listener()
  }
}

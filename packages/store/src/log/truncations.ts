/** Most truncations to keep separately; older ones count as one that left the fewest entries of them all. */
const MAX_NOTED = 10_000

/**
 * Remembers where a log was truncated, so that a cursor can find out what was removed since it last asked.
 *
 * Invariants: from one noted truncation to the next both fields grow, since a later one that left fewer entries includes the
 * earlier ones.
 */
export class Truncations {
  readonly #noted: { readonly count: number; readonly totalEntries: number }[] = []
  #count = 0

  /** Number of truncations. */
  get count(): number {
    return this.#count
  }

  note(totalEntries: number): void {
    this.#count++
    while ((this.#noted.at(-1)?.totalEntries ?? -1) >= totalEntries) this.#noted.pop()
    this.#noted.push({ count: this.#count, totalEntries })
    const [oldest] = this.#noted
    if (this.#noted.length > MAX_NOTED && oldest !== undefined) {
      this.#noted.splice(0, 2, { count: (this.#noted[1] ?? oldest).count, totalEntries: oldest.totalEntries })
    }
  }

  /** Fewest entries that the log had since there were `count` truncations; infinite if there was none since. */
  fewestSince(count: number): number {
    if (count === this.#count) return Number.POSITIVE_INFINITY
    return this.#noted.find((noted) => noted.count > count)?.totalEntries ?? Number.POSITIVE_INFINITY
  }
}

import type { CommitPoint } from '../log/commit-point.ts'
import type { EntryRange } from '../log/entry-range.ts'

/** Most ranges to list separately; everything after them is joined to one. */
const MAX_RANGES = 1000

/** The ranges in which entries cannot be read, in order. */
export class LostRanges {
  readonly #ranges: EntryRange[] = []
  /** Where the last range begins, until an entry is found that can be read. */
  #from: CommitPoint | undefined

  /** Entries cannot be read from here on, unless a range has begun already. */
  begin(from: CommitPoint): void {
    this.#from ??= from
  }

  /** An entry at the start of a page can be read. */
  end(at: CommitPoint): void {
    const from = this.#from
    if (from === undefined || at.totalEntries < from.totalEntries || from.totalLength >= at.totalLength) return
    if (this.#ranges.length < MAX_RANGES) this.#ranges.push({ from, to: at })
    else this.#ranges.push({ from: (this.#ranges.pop() ?? { from }).from, to: at })
    this.#from = undefined
  }

  /** The ranges; one that has not ended goes up to `end`. */
  upTo(end: CommitPoint): readonly EntryRange[] {
    const from = this.#from
    return from === undefined || from.totalLength >= end.totalLength
      ? this.#ranges
      : [...this.#ranges, { from, to: end }]
  }
}

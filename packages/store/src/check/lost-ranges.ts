import type { CommitPoint } from '../log/commit-point.ts'
import type { EntryRange } from '../log/entry-range.ts'

/** Ranges that are told apart; all that lies after them is one more. */
const MAX_RANGES = 1000

/** Where entries cannot be read, in order. */
export class LostRanges {
  readonly #ranges: EntryRange[] = []
  /** Where the last range begins, until an entry is found that can be read. */
  #from: CommitPoint | undefined

  /** Entries cannot be read from here on; if that is so already, from there on. */
  begin(from: CommitPoint): void {
    this.#from ??= from
  }

  /** A page opens with an entry that can be read. */
  end(at: CommitPoint): void {
    const from = this.#from
    if (from === undefined || at.totalEntries < from.totalEntries || from.totalLength >= at.totalLength) return
    if (this.#ranges.length < MAX_RANGES) this.#ranges.push({ from, to: at })
    else this.#ranges.push({ from: (this.#ranges.pop() ?? { from }).from, to: at })
    this.#from = undefined
  }

  /** The ranges, the last of them up to `end` if nothing that can be read follows. */
  upTo(end: CommitPoint): readonly EntryRange[] {
    const from = this.#from
    return from === undefined || from.totalLength >= end.totalLength
      ? this.#ranges
      : [...this.#ranges, { from, to: end }]
  }
}

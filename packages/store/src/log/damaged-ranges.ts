import { invariant } from '@datastreamer/format'
import type { CommitPoint } from './commit-point.ts'
import { DamageError, type DamageLocation } from './damage-error.ts'
import { type EntryRange, rangeText } from './entry-range.ts'

/** Most separate ranges; if there are more, what is between two of them counts as damaged too. */
const MAX_RANGES = 10_000

/**
 * The ranges of a log that are known not to be what was committed.
 *
 * Invariants: no range is empty; they are in order, with a gap between each two.
 */
export class DamagedRanges {
  readonly #onChange: () => void
  #ranges: EntryRange[] = []
  #additions = 0

  /** @param onChange called when damage was found or is gone */
  constructor(onChange: () => void = () => {}) {
    this.#onChange = onChange
  }

  get all(): readonly EntryRange[] {
    return this.#ranges
  }

  /** How often one was added, or all were replaced. */
  get additions(): number {
    return this.#additions
  }

  get bytes(): number {
    return this.#ranges.reduce((sum, { from, to }) => sum + to.totalLength - from.totalLength, 0)
  }

  /** The first range that ends after `position`. */
  nextAfter(position: number): EntryRange | undefined {
    return this.#ranges[this.#indexAfter(position)]
  }

  /** Whether a range holds any of the bytes from `from` to `to`. */
  meets(from: number, to: number): boolean {
    const next = this.#ranges.length === 0 ? undefined : this.nextAfter(from)
    return next !== undefined && next.from.totalLength < to
  }

  /** Whether all of a range is known to be damaged. */
  covers({ from, to }: EntryRange): boolean {
    const next = this.nextAfter(from.totalLength)
    return next !== undefined && next.from.totalLength <= from.totalLength && next.to.totalLength >= to.totalLength
  }

  add(range: EntryRange): void {
    let { from, to } = range
    invariant(from.totalLength < to.totalLength, 'a damaged range without bytes')
    invariant(from.totalEntries <= to.totalEntries, 'a damaged range that ends before its start')
    this.#additions++
    const at = this.#indexAfter(from.totalLength - 1)
    let end = at
    for (let next = this.#ranges[end]; next !== undefined; next = this.#ranges[++end]) {
      if (next.from.totalLength > to.totalLength) break
      from = earlier(from, next.from)
      to = later(to, next.to)
    }
    this.#ranges.splice(at, end - at, { from, to })
    if (this.#ranges.length > MAX_RANGES) this.#joinWithBefore(Math.max(1, at))
    this.#onChange()
  }

  /** The bytes of a range are whole again. */
  remove({ from, to }: EntryRange): void {
    this.#ranges = this.#ranges.flatMap((range) => {
      if (range.to.totalLength <= from.totalLength || range.from.totalLength >= to.totalLength) return [range]
      const before = { from: range.from, to: from }
      const after = { from: to, to: range.to }
      return [before, after].filter((part) => part.from.totalLength < part.to.totalLength)
    })
    this.#onChange()
  }

  /** Know of these ranges and no others. @param ranges in order, with a gap between each two */
  replace(ranges: readonly EntryRange[]): void {
    this.#ranges = [...ranges]
    this.#additions++
  }

  /** Forget what is after the end of the log. */
  truncateAt(end: CommitPoint): void {
    this.#ranges = this.#ranges
      .filter(({ from }) => from.totalLength < end.totalLength)
      .map(({ from, to }) => (to.totalLength > end.totalLength ? { from, to: end } : { from, to }))
  }

  /** Forget what is before the beginning of the file. */
  forgetBefore(base: CommitPoint): void {
    this.#ranges = this.#ranges
      .filter(({ to }) => to.totalLength > base.totalLength)
      .map(({ from, to }) => (from.totalLength < base.totalLength ? { from: base, to } : { from, to }))
  }

  #joinWithBefore(index: number): void {
    const [before, range] = this.#ranges.slice(index - 1, index + 1)
    if (before !== undefined && range !== undefined) {
      this.#ranges.splice(index - 1, 2, { from: before.from, to: range.to })
    }
  }

  /** Index of the first range that ends after `position`. */
  #indexAfter(position: number): number {
    let low = 0
    let high = this.#ranges.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#ranges[middle] as EntryRange).to.totalLength > position) high = middle
      else low = middle + 1
    }
    return low
  }
}

function earlier(a: CommitPoint, b: CommitPoint): CommitPoint {
  return a.totalLength <= b.totalLength ? a : b
}

function later(a: CommitPoint, b: CommitPoint): CommitPoint {
  return a.totalLength >= b.totalLength ? a : b
}

/** The error for bytes that are not those that were committed. */
export function rangeDamage(file: string, range: EntryRange, what: string): DamageError {
  return new DamageError('BAD_CHECKSUM', `${rangeText(range)}: ${what}`, locationOf(file, range))
}

/** The error for bytes whose checksum cannot be read. */
export function uncoveredDamage(file: string, range: EntryRange): DamageError {
  const detail = `${rangeText(range)}: not covered by a readable checksum, since the commit log is damaged there`
  return new DamageError('NO_CHECKSUM', detail, locationOf(file, range))
}

function locationOf(file: string, range: EntryRange): DamageLocation {
  const { from } = range
  return { file, position: from.totalLength, entryNumber: from.totalEntries, range }
}

import { crc32 } from 'node:zlib'
import { storedChecksum } from '../commit-log/commit-record.ts'
import type { PlacedRecord, UnreadableRecords } from '../commit-log/placed-records.ts'
import { type CommitPoint, pointOf, START, samePoint } from '../log/commit-point.ts'
import type { DamageError } from '../log/damage-error.ts'
import { rangeDamage, uncoveredDamage } from '../log/damaged-ranges.ts'
import type { EntryRange } from '../log/entry-range.ts'

/** Ranges that are reported one by one; what lies after them is reported as one. */
const MAX_STRETCHES = 1000

type Stretch = PlacedRecord | UnreadableRecords

/**
 * Compares the bytes of a file, given in order, with the checksums of its commit log. docs/spec/commit-log.md §3.
 *
 * Commits at the end of the log that do not fit are no damage if the log does not end where the file does: then another
 * program has truncated the file and gone on.
 */
export class ChecksumCheck {
  readonly #file: string
  readonly #stretches: AsyncIterator<Stretch>
  readonly #bad: EntryRange[] = []
  /** Of which no checksum can be read. */
  readonly #uncovered: EntryRange[] = []
  /** Stretches in front of a commit that is as it was written: only damage can have changed those. */
  #certain = 0
  /** What the bytes to come are compared with. */
  #stretch: Stretch | undefined
  #last: CommitPoint = START
  /** End of the last commit in front of all damage. */
  #lastEnd: CommitPoint = START
  /** The first commit whose entries are whole while its bytes are others, and its place among the stretches. */
  #rotten: { readonly from: CommitPoint; readonly stretch: number } | undefined
  #crc = 0
  #checked = 0

  private constructor(file: string, stretches: AsyncIterator<Stretch>) {
    this.#file = file
    this.#stretches = stretches
  }

  static async begin(file: string, stretches: AsyncIterator<Stretch>): Promise<ChecksumCheck> {
    const check = new ChecksumCheck(file, stretches)
    await check.#next()
    return check
  }

  /** Commits whose bytes were compared. */
  get checked(): number {
    return this.#checked
  }

  /**
   * Take the next bytes of the file; the first ones lie at byte 4096.
   *
   * @param whole position up to which entries are whole
   */
  async push(bytes: Uint8Array, position: number, whole: number): Promise<void> {
    let rest = bytes
    let at = position
    while (this.#stretch !== undefined && rest.length > 0) {
      const end = endOf(this.#stretch)
      if (end === undefined) return
      const bytes = rest.subarray(0, end.totalLength - at)
      this.#crc = crc32(bytes, this.#crc)
      at += bytes.length
      rest = rest.subarray(bytes.length)
      if (at === end.totalLength) await this.#finish(this.#stretch, end, whole)
    }
  }

  /** What is damaged, once all bytes up to the file's commit point `end` were given. */
  damages(end: CommitPoint): DamageError[] {
    const file = this.#file
    return [
      ...this.#badUpTo(end).map((range) => rangeDamage(file, range, 'not what was committed: the checksum differs')),
      ...this.uncovered(end).map((range) => uncoveredDamage(file, range)),
    ]
  }

  /** Of which bytes no checksum can be read, once all up to the file's commit point `end` were given. */
  uncovered(end: CommitPoint): readonly EntryRange[] {
    const rest = this.#stretch
    if (rest === undefined || rest.record !== undefined || rest.from.totalLength >= end.totalLength) {
      return this.#uncovered
    }
    return [...this.#uncovered, { from: rest.from, to: pointOf(end) }]
  }

  /** Behind the last commit that is known to lie in front of all damage. */
  get lastEnd(): CommitPoint {
    return this.#lastEnd
  }

  /** Where the first commit begins that can be read but is not what was committed; `end` is the file's commit point. */
  rottenFrom(end: CommitPoint): CommitPoint | undefined {
    const rotten = this.#rotten
    return rotten !== undefined && rotten.stretch < this.#badUpTo(end).length ? rotten.from : undefined
  }

  #badUpTo(end: CommitPoint): readonly EntryRange[] {
    const rest = this.#stretch
    const endsWithFile = rest === undefined ? samePoint(this.#last, end) : endOf(rest) === undefined
    return endsWithFile ? this.#bad : this.#bad.slice(0, this.#certain)
  }

  async #finish(
    { record, from }: Stretch,
    end: CommitPoint & { readonly endsOperation: boolean },
    whole: number,
  ): Promise<void> {
    const to = pointOf(end)
    const isWhole = to.totalLength <= whole
    if (record === undefined) join(this.#uncovered, { from, to })
    else if (record.checksum !== 0) {
      this.#checked++
      if (record.checksum === storedChecksum(this.#crc)) this.#certain = this.#bad.length
      else {
        join(this.#bad, { from, to })
        if (isWhole) this.#rotten ??= { from, stretch: this.#bad.length - 1 }
      }
    }
    if (isWhole && end.endsOperation && this.#rotten === undefined) this.#lastEnd = to
    this.#last = to
    this.#crc = 0
    await this.#next()
  }

  async #next(): Promise<void> {
    const next = await this.#stretches.next()
    this.#stretch = next.done === true ? undefined : next.value
  }
}

/** Where the bytes of a stretch end; `undefined` if that is not known. */
function endOf(stretch: Stretch): PlacedRecord['record'] | undefined {
  return stretch.record ?? stretch.last
}

function join(ranges: EntryRange[], { from, to }: EntryRange): void {
  const last = ranges.at(-1)
  const joins = last !== undefined && (samePoint(last.to, from) || ranges.length === MAX_STRETCHES)
  if (joins) ranges[ranges.length - 1] = { from: last.from, to }
  else ranges.push({ from, to })
}

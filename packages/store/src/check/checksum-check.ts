import { crc32 } from 'node:zlib'
import { storedChecksum } from '../commit-log/commit-record.ts'
import type { PlacedRecord, UnreadableRecords } from '../commit-log/placed-records.ts'
import { type CommitPoint, pointOf, samePoint } from '../log/commit-point.ts'
import type { DamageError } from '../log/damage-error.ts'
import { rangeDamage, uncoveredDamage } from '../log/damaged-ranges.ts'
import type { EntryRange } from '../log/entry-range.ts'

/** Most ranges to list separately; everything after them is joined to one. */
const MAX_RANGES = 1000

type CheckedRecord = PlacedRecord | UnreadableRecords

/**
 * Compares the bytes of a file, passed in order, with the checksums of its commit log. docs/spec/commit-log.md §3.
 *
 * Commits at the end of the commit log that do not match are not damage if the commit log does not end where the file does:
 * then another program has truncated the file and gone on.
 */
export class ChecksumCheck {
  readonly #file: string
  readonly #records: AsyncIterator<CheckedRecord>
  readonly #bad: EntryRange[] = []
  /** Ranges whose checksum cannot be read. */
  readonly #uncovered: EntryRange[] = []
  /** Number of ranges of `#bad` before a commit that matches: only damage can have changed those. */
  #certain = 0
  /** The record of the next bytes. */
  #record: CheckedRecord | undefined
  #last: CommitPoint
  /** End of the last commit before all damage. */
  #lastEnd: CommitPoint
  /** The first commit whose entries are whole but whose checksum differs, and its index in `#bad`. */
  #rotten: { readonly from: CommitPoint; readonly index: number } | undefined
  #crc = 0
  #checked = 0

  private constructor(file: string, records: AsyncIterator<CheckedRecord>, base: CommitPoint) {
    this.#file = file
    this.#records = records
    this.#last = base
    this.#lastEnd = base
  }

  /** @param base where the file begins */
  static async begin(file: string, records: AsyncIterator<CheckedRecord>, base: CommitPoint): Promise<ChecksumCheck> {
    const check = new ChecksumCheck(file, records, base)
    await check.#next()
    return check
  }

  /** Number of commits whose bytes were compared. */
  get checked(): number {
    return this.#checked
  }

  /**
   * Check the next bytes of the file; the first ones are those with which it begins.
   *
   * @param whole position up to which entries are whole
   */
  async push(bytes: Uint8Array, position: number, whole: number): Promise<void> {
    let rest = bytes
    let at = position
    while (this.#record !== undefined && rest.length > 0) {
      const end = endOf(this.#record)
      if (end === undefined) return
      const chunk = rest.subarray(0, end.totalLength - at)
      this.#crc = crc32(chunk, this.#crc)
      at += chunk.length
      rest = rest.subarray(chunk.length)
      if (at === end.totalLength) await this.#finish(this.#record, end, whole)
    }
  }

  /** What is damaged, once all bytes up to the file's commit point `end` were passed. */
  damages(end: CommitPoint): DamageError[] {
    const file = this.#file
    return [
      ...this.#badUpTo(end).map((range) => rangeDamage(file, range, 'not what was committed: the checksum differs')),
      ...this.uncovered(end).map((range) => uncoveredDamage(file, range)),
    ]
  }

  /** The ranges whose checksum cannot be read, once all bytes up to the file's commit point `end` were passed. */
  uncovered(end: CommitPoint): readonly EntryRange[] {
    const rest = this.#record
    if (rest === undefined || rest.record !== undefined || rest.from.totalLength >= end.totalLength) {
      return this.#uncovered
    }
    return [...this.#uncovered, { from: rest.from, to: pointOf(end) }]
  }

  /** End of the last commit that is known to be before all damage. */
  get lastEnd(): CommitPoint {
    return this.#lastEnd
  }

  /** Start of the first commit that can be read but is not what was committed; `end` is the file's commit point. */
  rottenFrom(end: CommitPoint): CommitPoint | undefined {
    const rotten = this.#rotten
    return rotten !== undefined && rotten.index < this.#badUpTo(end).length ? rotten.from : undefined
  }

  #badUpTo(end: CommitPoint): readonly EntryRange[] {
    const rest = this.#record
    const endsWithFile = rest === undefined ? samePoint(this.#last, end) : endOf(rest) === undefined
    return endsWithFile ? this.#bad : this.#bad.slice(0, this.#certain)
  }

  async #finish(
    { record, from }: CheckedRecord,
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
        if (isWhole) this.#rotten ??= { from, index: this.#bad.length - 1 }
      }
    }
    if (isWhole && end.endsOperation && this.#rotten === undefined) this.#lastEnd = to
    this.#last = to
    this.#crc = 0
    await this.#next()
  }

  async #next(): Promise<void> {
    const next = await this.#records.next()
    this.#record = next.done === true ? undefined : next.value
  }
}

/** Where the bytes of a record end; `undefined` if that is unknown. */
function endOf(checked: CheckedRecord): PlacedRecord['record'] | undefined {
  return checked.record ?? checked.last
}

function join(ranges: EntryRange[], { from, to }: EntryRange): void {
  const last = ranges.at(-1)
  const joins = last !== undefined && (samePoint(last.to, from) || ranges.length === MAX_RANGES)
  if (joins) ranges[ranges.length - 1] = { from: last.from, to }
  else ranges.push({ from, to })
}

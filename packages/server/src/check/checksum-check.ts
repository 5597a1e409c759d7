import { crc32 } from 'node:zlib'
import type { DamageError } from '../errors.ts'
import { type CommitPoint, START, samePoint } from '../log/commit-point.ts'
import { type EntryRange, rangeDamage } from '../log/damaged-ranges.ts'
import { type CommitRecord, storedChecksum } from '../store/commit-record.ts'

/** Stretches that are told apart; what lies behind them is told as one. */
const MAX_STRETCHES = 1000

/**
 * Compares the bytes of a file, given in order, with the checksums of its commit log. docs/spec/commit-log.md §3.
 *
 * Commits at the end of the log that do not fit are no damage if the log does not end where the file does: then another
 * program has cut the file and gone on.
 */
export class ChecksumCheck {
  readonly #file: string
  readonly #records: AsyncIterator<CommitRecord>
  readonly #bad: EntryRange[] = []
  /** Stretches in front of a commit that is as it was written: only damage can have changed those. */
  #certain = 0
  #record: CommitRecord | undefined
  #last: CommitPoint = START
  /** End of the last commit in front of all damage. */
  #lastEnd: CommitPoint = START
  /** The first commit whose entries are whole while its bytes are others, and its place among the stretches. */
  #rotten: { readonly from: CommitPoint; readonly stretch: number } | undefined
  #crc = 0
  #checked = 0

  private constructor(file: string, records: AsyncIterator<CommitRecord>) {
    this.#file = file
    this.#records = records
  }

  static async begin(file: string, records: AsyncIterator<CommitRecord>): Promise<ChecksumCheck> {
    const check = new ChecksumCheck(file, records)
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
    while (this.#record !== undefined && rest.length > 0) {
      const piece = rest.subarray(0, this.#record.totalLength - at)
      this.#crc = crc32(piece, this.#crc)
      at += piece.length
      rest = rest.subarray(piece.length)
      if (at === this.#record.totalLength) await this.#finish(this.#record, whole)
    }
  }

  /** What is damaged, once all bytes up to the file's commit point `end` were given. */
  damages(end: CommitPoint): DamageError[] {
    const file = this.#file
    return this.#badUpTo(end).map((range) => rangeDamage(file, range, 'not what was committed: the checksum differs'))
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
    const endsWithFile = this.#record === undefined && samePoint(this.#last, end)
    return endsWithFile ? this.#bad : this.#bad.slice(0, this.#certain)
  }

  async #finish(record: CommitRecord, whole: number): Promise<void> {
    const isWhole = record.totalLength <= whole
    const isBad = record.checksum !== 0 && record.checksum !== storedChecksum(this.#crc)
    if (record.checksum !== 0) this.#checked++
    if (isBad) {
      this.#add({ from: this.#last, to: pointOf(record) })
      if (isWhole) this.#rotten ??= { from: this.#last, stretch: this.#bad.length - 1 }
    } else if (record.checksum !== 0) this.#certain = this.#bad.length
    if (isWhole && record.endsOperation && this.#rotten === undefined) this.#lastEnd = pointOf(record)
    this.#last = pointOf(record)
    this.#crc = 0
    await this.#next()
  }

  #add({ from, to }: EntryRange): void {
    const last = this.#bad.at(-1)
    const joins = last !== undefined && (samePoint(last.to, from) || this.#bad.length === MAX_STRETCHES)
    if (joins) this.#bad[this.#bad.length - 1] = { from: last.from, to }
    else this.#bad.push({ from, to })
  }

  async #next(): Promise<void> {
    const next = await this.#records.next()
    this.#record = next.done === true ? undefined : next.value
  }
}

function pointOf({ totalLength, totalEntries }: CommitPoint): CommitPoint {
  return { totalLength, totalEntries }
}

import type { KnownBoundaries } from '../log/known-boundaries.ts'
import type { ReadableLog } from '../log/readable-log.ts'
import { lastBoundaryUpTo, type Records, recordOfEntry } from './find-record.ts'

/** The operation boundaries that the commit log knows. docs/spec/commit-log.md §3. */
export class CommittedBoundaries implements KnownBoundaries {
  readonly #log: Pick<ReadableLog, 'header'>
  readonly #records: Records

  /** @internal */
  constructor(log: Pick<ReadableLog, 'header'>, records: Records) {
    this.#log = log
    this.#records = records
  }

  /**
   * The last known boundary at or before entry `number`: the number of the entry after it. `undefined` if none is known, in a
   * file that begins late.
   */
  async lastUpTo(number: number): Promise<number | undefined> {
    const committed = Number(this.#log.header.totalEntries)
    if (number >= committed) return committed
    const record = await this.#records.record(await lastBoundaryUpTo(this.#records, BigInt(number)))
    const isWhole = this.#records.beginning.base.totalEntries === 0n
    return record === undefined && !isWhole ? undefined : Number(record?.totalEntries ?? 0n)
  }

  /** Whether the next operation boundary after entry `number` is known, and not only some later one. */
  async isKnownAt(number: number): Promise<boolean> {
    if (BigInt(number) < this.#records.beginning.base.totalEntries) return false
    const index = await recordOfEntry(this.#records, BigInt(number))
    if (index < 0) return true
    const record = await this.#records.record(index)
    return record !== undefined && !record.isForeign
  }
}

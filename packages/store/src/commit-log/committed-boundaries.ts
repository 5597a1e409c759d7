import type { StreamLog } from '../log/stream-log.ts'
import type { CommitLog } from './commit-log.ts'
import { lastBoundaryUpTo, recordOfEntry } from './find-record.ts'

/** The operation boundaries that the commit log knows. docs/spec/commit-log.md §3. */
export class CommittedBoundaries {
  readonly #log: StreamLog
  readonly #commitLog: CommitLog

  /** @internal */
  constructor(log: StreamLog, commitLog: CommitLog) {
    this.#log = log
    this.#commitLog = commitLog
  }

  /** The last known boundary at or before entry `number`: the number of the entry after it. */
  async lastUpTo(number: number): Promise<number> {
    const committed = Number(this.#log.header.totalEntries)
    if (number >= committed) return committed
    const record = await this.#commitLog.record(await lastBoundaryUpTo(this.#commitLog, BigInt(number)))
    return Number(record?.totalEntries ?? 0n)
  }

  /** Whether the next operation boundary after entry `number` is known, and not only some later one. */
  async isKnownAt(number: number): Promise<boolean> {
    const index = await recordOfEntry(this.#commitLog, BigInt(number))
    if (index < 0) return true
    const record = await this.#commitLog.record(index)
    return record !== undefined && !record.isForeign
  }
}

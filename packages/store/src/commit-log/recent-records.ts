import type { CommitRecord } from './commit-record.ts'

/** Number of the newest records that are kept, at least. */
const LIMIT = 1024

/** The newest records of a commit log, in memory: live relays ask for them constantly. */
export class RecentRecords {
  /** In order. */
  #records: CommitRecord[] = []

  get all(): readonly CommitRecord[] {
    return this.#records
  }

  get last(): CommitRecord | undefined {
    return this.#records.at(-1)
  }

  /** Record `index` of a commit log that has `count`, if it is in memory. */
  at(index: number, count: number): CommitRecord | undefined {
    return this.#records[index - count + this.#records.length]
  }

  append(records: readonly CommitRecord[]): void {
    for (const record of records.slice(-LIMIT)) this.#records.push(record)
    if (records.length > LIMIT) this.#records = this.#records.slice(-LIMIT)
    else if (this.#records.length > 2 * LIMIT) this.#records.splice(0, LIMIT)
  }

  /** Replace record `index` of a commit log that has `count`, if it is in memory. */
  replace(index: number, count: number, record: CommitRecord): void {
    const at = index - count + this.#records.length
    if (at >= 0) this.#records[at] = record
  }

  /** Keep these instead, the last ones of the commit log. */
  restart(records: readonly CommitRecord[]): void {
    this.#records = [...records]
  }
}

import { type CommitPoint, START } from '../log/commit-point.ts'
import type { CommitLog } from '../store/commit-log.ts'
import type { CommitRecord } from '../store/commit-record.ts'

/** A record of a commit log, and where it begins. */
export interface PlacedRecord {
  readonly index: number
  readonly from: CommitPoint
  readonly record: CommitRecord
}

const RECORDS_AT_ONCE = 1024

/** The records of a commit log in order, up to the first that is not whole or goes back. */
export async function* eachRecord(commitLog: CommitLog): AsyncGenerator<PlacedRecord, void, void> {
  let from = START
  for (let index = 0; index < commitLog.count; ) {
    const records = await commitLog.records(index, RECORDS_AT_ONCE)
    if (records.length === 0) return
    for (const record of records) {
      if (record.totalLength <= from.totalLength) return
      yield { index, from, record }
      from = { totalLength: record.totalLength, totalEntries: record.totalEntries }
      index++
    }
  }
}

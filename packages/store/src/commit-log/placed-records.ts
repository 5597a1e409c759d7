import { type CommitPoint, pointOf } from '../log/commit-point.ts'
import type { EntryRange } from '../log/entry-range.ts'
import type { CommitLog } from './commit-log.ts'
import type { CommitRecord } from './commit-record.ts'
import { READ_RECORDS } from './find-record.ts'

/** A record of a commit log, and where its bytes begin. */
export interface PlacedRecord {
  readonly index: number
  readonly from: CommitPoint
  readonly record: CommitRecord
}

/**
 * Records that cannot be read, and the first one after them that can: where its bytes begin is unknown, so there is no
 * checksum for any of these bytes.
 */
export interface UnreadableRecords {
  readonly index: number
  /** Index of the record after all of them. */
  readonly next: number
  readonly from: CommitPoint
  /** The record that can be read, where their bytes end; `undefined` if there is none. */
  readonly last: CommitRecord | undefined
  readonly record?: undefined
}

/** The bytes of records that cannot be read, up to `end`; `undefined` if there are none. */
export function uncoveredBytes({ from, last }: UnreadableRecords, end: CommitPoint): EntryRange | undefined {
  if (from.totalLength >= end.totalLength) return undefined
  return { from, to: pointOf(last === undefined || last.totalLength > end.totalLength ? end : last) }
}

/**
 * The records of a commit log in order, including runs of those that cannot be read. docs/spec/commit-log.md §6.
 *
 * @param first where to begin: the index of a record, and where its bytes begin (default: the first)
 */
export async function* placedRecords(
  commitLog: CommitLog,
  first: { readonly index: number; readonly from: CommitPoint } | undefined = undefined,
): AsyncGenerator<PlacedRecord | UnreadableRecords, void, void> {
  const { beginning } = commitLog
  let index = first?.index ?? beginning.first
  let from = pointOf(first?.from ?? beginning.base)
  let unreadable = index === beginning.first && !beginning.isExact ? index : undefined
  while (index < commitLog.count) {
    for (const record of await commitLog.records(index, READ_RECORDS)) {
      const next = index + 1
      // One that ends before its predecessor cannot be right.
      if (record === undefined || record.totalLength < from.totalLength) unreadable ??= index
      else {
        // One that ends where its predecessor does covers no bytes.
        if (record.totalLength > from.totalLength) {
          yield unreadable === undefined ? { index, from, record } : { index: unreadable, next, from, last: record }
        }
        unreadable = undefined
        from = pointOf(record)
      }
      index = next
    }
  }
  if (unreadable !== undefined) yield { index: unreadable, next: index, from, last: undefined }
}

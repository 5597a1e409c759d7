import type { CommitPoint } from '../log/commit-point.ts'
import type { Beginning } from './beginning.ts'
import type { CommitRecord } from './commit-record.ts'

/** The records of a commit log; some may not be whole. */
export interface Records {
  /** Number of records, whole or not. */
  readonly count: number
  /** Which of them count. */
  readonly beginning: Beginning
  record(index: number): Promise<CommitRecord | undefined>
  records(index: number, limit: number): Promise<readonly (CommitRecord | undefined)[]>
}

/** Number of records per read. */
export const READ_RECORDS = 1024

/** Index of the last record at or before a point; that before the first one, if there is none. */
export async function lastRecordUpTo(records: Records, { totalLength, totalEntries }: CommitPoint): Promise<number> {
  return lastThat(records, (record) => record.totalEntries <= totalEntries && record.totalLength <= totalLength)
}

/** Index of the last record that ends an operation at or before entry `totalEntries`, or -1. */
export async function lastBoundaryUpTo(records: Records, totalEntries: bigint): Promise<number> {
  const { first } = records.beginning
  let index = await lastThat(records, (record) => record.totalEntries <= totalEntries)
  for (let step = 1; index >= first; step = Math.min(4 * step, READ_RECORDS)) {
    const from = Math.max(first, index + 1 - step)
    const end = (await records.records(from, index + 1 - from)).findLastIndex((record) => record?.endsOperation)
    if (end >= 0) return from + end
    index = from - 1
  }
  return -1
}

/** Where the bytes of record `index` begin: `undefined` if that is unknown. */
export async function startOf(records: Records, index: number): Promise<CommitPoint | undefined> {
  const { base, first, isExact } = records.beginning
  if (index > first) return records.record(index - 1)
  return isExact ? base : undefined
}

/** Index of the record that holds entry `number`, or -1 if there is none. */
export async function recordOfEntry(records: Records, number: bigint): Promise<number> {
  const index = (await lastThat(records, (record) => record.totalEntries <= number)) + 1
  return index < records.count ? index : -1
}

/** Index of the record that holds the byte at `position`, or -1 if there is none. */
export async function recordOfByte(records: Records, position: number): Promise<number> {
  const index = (await lastThat(records, (record) => record.totalLength <= position)) + 1
  return index < records.count ? index : -1
}

/** The records of a commit log that cover the bytes up to a point. */
export interface KeptRecords {
  /** Number of records, from the first on. */
  readonly count: number
  /** Where the last whole one ends. */
  readonly end: CommitPoint
  /** Whether no unreadable record covers the bytes from `end` to the point. */
  readonly isKnown: boolean
}

/**
 * The records that cover the bytes up to `point`. If records after the last whole one cannot be read, one of them is kept: it
 * says that the checksum of the bytes from there to `point` is unknown.
 */
export async function recordsUpTo(records: Records, point: CommitPoint): Promise<KeptRecords> {
  const index = await lastRecordUpTo(records, point)
  const end = await endOf(records, index)
  const hides =
    end.totalLength < point.totalLength && index + 1 < records.count && (await records.record(index + 1)) === undefined
  return { count: index + (hides ? 2 : 1), end, isKnown: !hides }
}

/** Where record `index`, which is whole, ends; where all begin, if it is none that counts. */
export async function endOf(records: Records, index: number): Promise<CommitPoint> {
  const { base, first } = records.beginning
  return (index >= first ? await records.record(index) : undefined) ?? base
}

/** The first whole record from `index` to `last`. */
async function firstWhole(
  records: Records,
  index: number,
  last: number,
): Promise<{ readonly index: number; readonly record: CommitRecord } | undefined> {
  const first = await records.record(index)
  if (first !== undefined) return { index, record: first }
  for (let from = index + 1; from <= last; from += READ_RECORDS) {
    const some = await records.records(from, Math.min(READ_RECORDS, last + 1 - from))
    const at = some.findIndex((record) => record !== undefined)
    const record = some[at]
    if (record !== undefined) return { index: from + at, record }
  }
  return undefined
}

/** Binary search: `holds` is true for the first records, then false. */
async function lastThat(records: Records, holds: (record: CommitRecord) => boolean): Promise<number> {
  let low = records.beginning.first - 1
  let high = records.count - 1
  while (low < high) {
    const middle = low + Math.ceil((high - low) / 2)
    const found = await firstWhole(records, middle, high)
    if (found !== undefined && holds(found.record)) low = found.index
    else high = middle - 1
  }
  return low
}

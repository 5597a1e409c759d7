import { FormatError, walkRun } from '@datastreamer/format'
import type { CommitRecord } from '../commit-log/commit-record.ts'
import { endOf, lastRecordUpTo } from '../commit-log/find-record.ts'
import { placedRecords } from '../commit-log/placed-records.ts'
import { readExactly } from '../disk/disk.ts'
import type { CommitPoint } from '../log/commit-point.ts'
import type { RecoveryInput } from './recovery-input.ts'
import { isWhole } from './whole-record.ts'

/** A record whose bytes are not those that were committed, and where they begin. */
interface Unfit {
  readonly index: number
  readonly before: CommitPoint
  readonly record: CommitRecord
}

/**
 * Whether a failed sync has lost entries of commits that were not durable, although the process died and not the machine:
 * Linux marks pages that it could not write as clean, and drops them. docs/spec/commit-log.md §4.
 */
export async function hasLost(input: RecoveryInput, end: CommitPoint): Promise<boolean> {
  for await (const unfit of unfitRecords(input, end)) if (!(await hasWholeEntries(input, unfit))) return true
  return false
}

/** Mark commits after the checkpoint whose entries are there, but not as they were committed: they have rotted, or are old. */
export async function markDamaged(input: RecoveryInput, end: CommitPoint): Promise<void> {
  for await (const { index, record } of unfitRecords(input, end)) {
    if (!record.isDamaged) await input.commitLog.revise(index, { ...record, isDamaged: true })
  }
}

/** The records after the checkpoint, up to `end`, whose checksum does not match; none if every commit was durable. */
async function* unfitRecords(input: RecoveryInput, end: CommitPoint): AsyncGenerator<Unfit, void, void> {
  const { commitLog } = input
  const { checkpoint } = commitLog
  if (checkpoint?.open !== true || checkpoint.everyCommitDurable) return
  // Not the checkpoint itself: one that announces a truncation may be inside what a record covers.
  const last = await lastRecordUpTo(commitLog, checkpoint)
  const from = await endOf(commitLog, last)
  for await (const placed of placedRecords(commitLog, { index: last + 1, from })) {
    // Where records cannot be read only the end can be checked.
    const [record, before] = placed.record === undefined ? [placed.last, undefined] : [placed.record, placed.from]
    if (record === undefined || record.totalLength > end.totalLength) return
    const index = placed.record === undefined ? placed.next - 1 : placed.index
    if (!(await isWhole(input, record, before))) yield { index, before: placed.from, record }
  }
}

/** Whether the entries of a record follow each other, whatever their data. */
async function hasWholeEntries({ writable }: RecoveryInput, { before, record }: Unfit): Promise<boolean> {
  const { totalLength: from, totalEntries: first } = before
  const bytes = await readExactly(writable.file, from, record.totalLength - from)
  try {
    const { count, stop } = walkRun(bytes, 0, bytes.length, first)
    return stop !== 'incomplete' && first + BigInt(count) === record.totalEntries
  } catch (error) {
    if (error instanceof FormatError) return false
    throw error
  }
}

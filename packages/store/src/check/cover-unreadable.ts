import { checksumOfFile } from '../commit-log/checksum-of-file.ts'
import type { CommitLog } from '../commit-log/commit-log.ts'
import type { CommitRecord } from '../commit-log/commit-record.ts'
import { foreignRecord, foreignRecords } from '../commit-log/foreign-records.ts'
import { placedRecords, type UnreadableRecords, uncoveredBytes } from '../commit-log/placed-records.ts'
import type { CommitPoint } from '../log/commit-point.ts'
import type { WritableFile } from '../log/stream-file.ts'

/**
 * Replace records that cannot be read, durably, by ones with the checksums of the bytes as they are found: only if these are
 * known, or declared, to be right. docs/spec/commit-log.md §6.
 */
export async function coverUnreadable(commitLog: CommitLog, writable: WritableFile, end: CommitPoint): Promise<void> {
  const unreadable: UnreadableRecords[] = []
  for await (const placed of placedRecords(commitLog)) if (placed.record === undefined) unreadable.push(placed)
  for (const each of unreadable) await cover(commitLog, writable, each, end)
}

async function cover(
  commitLog: CommitLog,
  writable: WritableFile,
  unreadable: UnreadableRecords,
  end: CommitPoint,
): Promise<void> {
  const uncovered = uncoveredBytes(unreadable, end)
  if (uncovered === undefined) return
  const { index, next, from, last } = unreadable
  const slots = next - index
  const covering = (await foreignRecords(writable.file, from, uncovered.to)).slice(-slots)
  // Records that end where their predecessor does cover no bytes.
  const empty = Array<CommitRecord>(slots - covering.length).fill(foreignRecord(from, false))
  const records: CommitRecord[] = []
  let start = from.totalLength
  for (const record of covering) {
    records.push({ ...record, checksum: await checksumOfFile(writable, start, record.totalLength) })
    start = record.totalLength
  }
  const ending = { ...(records.pop() as CommitRecord), endsOperation: last?.endsOperation ?? true }
  // The last one must never be readable with a checksum that is not that of all bytes since the last readable record.
  const unknown = { ...ending, checksum: 0 }
  if (last !== undefined) {
    await commitLog.revise(next - 1, { ...last, checksum: 0, isDamaged: false })
    await commitLog.sync()
  }
  await commitLog.overwrite(index, [...empty, ...records, unknown])
  await commitLog.sync()
  await commitLog.revise(next - 1, ending)
  await commitLog.sync()
}

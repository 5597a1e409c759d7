import { HEADER_PAGE_BYTES } from '@datastreamer/format'
import type { CommitPoint } from '../log/commit-point.ts'
import { checksumOfFile } from './checksum-of-file.ts'
import type { CommitLog } from './commit-log.ts'
import { type CommitRecord, storedChecksum } from './commit-record.ts'
import type { WritableFile } from './stream-file.ts'

/**
 * The checksum of the record that is to end where the log is about to be cut; 0 if it is unknown. It is settled before
 * anything is cut: what rots later must not get a checksum that says that it is right. If the bytes of the record that is
 * cut have rotted already, it is one that shows it as the old one did.
 */
export async function checksumAtCut(commitLog: CommitLog, writable: WritableFile, point: CommitPoint): Promise<number> {
  const keep = (await commitLog.lastUpTo(point)) + 1
  const cut = await commitLog.record(keep)
  const from = keep > 0 ? (await commitLog.record(keep - 1))?.totalLength : HEADER_PAGE_BYTES
  if (cut === undefined || cut.checksum === 0 || from === undefined || from >= point.totalLength) return 0
  const checksum = await checksumOfFile(writable, from, point.totalLength)
  const isWhole = (await checksumOfFile(writable, from, cut.totalLength)) === cut.checksum
  return isWhole ? checksum : storedChecksum(~checksum >>> 0)
}

/**
 * Let the commit log end where the log was cut. What is left of the operation that was cut becomes one of its own.
 *
 * @param checksum as {@link checksumAtCut} had it
 */
export async function cutCommitLog(commitLog: CommitLog, point: CommitPoint, checksum: number): Promise<void> {
  const keep = (await commitLog.lastUpTo(point)) + 1
  // Gone already if a crash interrupted this, or not whole.
  const cut = await commitLog.record(keep)
  if (keep < commitLog.count) await commitLog.cutTo(keep)
  const { last } = commitLog
  const from = last?.totalLength ?? HEADER_PAGE_BYTES
  if (from < point.totalLength) {
    const { isForeign = checksum === 0, isDamaged = false } = cut ?? {}
    const { totalLength, totalEntries } = point
    await commitLog.append([{ totalLength, totalEntries, checksum, endsOperation: true, isForeign, isDamaged }])
  } else if (last !== undefined && from === point.totalLength) {
    await endOperation(commitLog, last)
  }
}

/** The commit log ends with `last`, so that an operation ends there, whatever once followed. */
export async function endOperation(commitLog: CommitLog, last: CommitRecord): Promise<void> {
  if (last.endsOperation) return
  await commitLog.cutTo(commitLog.count - 1)
  await commitLog.append([{ ...last, endsOperation: true }])
}

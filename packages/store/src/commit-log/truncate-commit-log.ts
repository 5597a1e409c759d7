import type { CommitPoint } from '../log/commit-point.ts'
import type { WritableFile } from '../log/stream-file.ts'
import { crcOfFile } from './checksum-of-file.ts'
import type { CommitLog } from './commit-log.ts'
import { storedChecksum } from './commit-record.ts'
import { recordsUpTo } from './find-record.ts'

/**
 * The checksum of the record that is to end where the log is about to be truncated; 0 if it is unknown. It is settled before
 * anything is removed: what rots later must not get a checksum that says that it is right. If the bytes of the record that it
 * ends in have rotted already, it is one that shows it as the old one did.
 *
 * @param isRest whether what has rotted is known to lie after the new end: nothing is known of what is left then
 */
export async function checksumAtTruncation(
  commitLog: CommitLog,
  writable: WritableFile,
  point: CommitPoint,
  isRest = false,
): Promise<number> {
  const { count, end, isKnown } = await recordsUpTo(commitLog, point)
  const last = await commitLog.record(count)
  const [from, to] = [end.totalLength, point.totalLength]
  if (!isKnown || last === undefined || last.checksum === 0 || from >= to) return 0
  const crc = await crcOfFile(writable, from, to)
  const isWhole = storedChecksum(await crcOfFile(writable, to, last.totalLength, crc)) === last.checksum
  const checksum = storedChecksum(crc)
  if (isWhole) return checksum
  return isRest ? 0 : storedChecksum(~checksum >>> 0)
}

/**
 * Let the commit log end where the log does. What is left of the operation that it ends in becomes one of its own.
 *
 * @param checksum as {@link checksumAtTruncation} had it
 */
export async function truncateCommitLog(commitLog: CommitLog, point: CommitPoint, checksum: number): Promise<void> {
  const { count, end } = await recordsUpTo(commitLog, point)
  // Gone already if a crash interrupted this, or not whole.
  const last = await commitLog.record(count)
  if (count < commitLog.count) await commitLog.truncateTo(count)
  if (end.totalLength < point.totalLength) {
    const { isForeign = checksum === 0, isDamaged = false } = last ?? {}
    const { totalLength, totalEntries } = point
    await commitLog.append([{ totalLength, totalEntries, checksum, endsOperation: true, isForeign, isDamaged }])
  } else await endOperation(commitLog)
}

/** An operation ends where the commit log does, whatever once followed. */
export async function endOperation(commitLog: CommitLog): Promise<void> {
  const { last } = commitLog
  if (last === undefined || last.endsOperation) return
  await commitLog.truncateTo(commitLog.count - 1)
  await commitLog.append([{ ...last, endsOperation: true }])
}

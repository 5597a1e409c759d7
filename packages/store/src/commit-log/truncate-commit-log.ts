import type { CommitPoint } from '../log/commit-point.ts'
import type { WritableFile } from '../log/stream-file.ts'
import { crcOfFile } from './checksum-of-file.ts'
import type { CommitLog } from './commit-log.ts'
import { storedChecksum } from './commit-record.ts'
import { recordsUpTo } from './find-record.ts'

/**
 * The checksum of the record that will end where the log is about to be truncated; 0 if it is unknown. It is computed before
 * the truncation: bytes that rot later must not get a checksum that matches them. If bytes of the truncated record have
 * rotted already, the result is a checksum that does not match either.
 *
 * @param isRest whether the rotten bytes are known to be after `point`: then the checksum of what is left is unknown
 */
export async function checksumAtTruncation(
  commitLog: CommitLog,
  writable: WritableFile,
  point: CommitPoint,
  isRest = false,
): Promise<number> {
  const { count, end, isKnown } = await recordsUpTo(commitLog, point)
  const truncated = await commitLog.record(count)
  const [from, to] = [end.totalLength, point.totalLength]
  if (!isKnown || truncated === undefined || truncated.checksum === 0 || from >= to) return 0
  const crc = await crcOfFile(writable, from, to)
  const isWhole = storedChecksum(await crcOfFile(writable, to, truncated.totalLength, crc)) === truncated.checksum
  const checksum = storedChecksum(crc)
  if (isWhole) return checksum
  return isRest ? 0 : storedChecksum(~checksum >>> 0)
}

/**
 * Make the commit log end where the log was truncated. The rest of an operation that was truncated becomes one of its own.
 *
 * @param checksum from {@link checksumAtTruncation}
 */
export async function truncateCommitLog(commitLog: CommitLog, point: CommitPoint, checksum: number): Promise<void> {
  const { count, end } = await recordsUpTo(commitLog, point)
  // Absent if a crash interrupted this, or not whole.
  const truncated = await commitLog.record(count)
  if (count < commitLog.count) await commitLog.truncateTo(count)
  if (end.totalLength < point.totalLength) {
    const { isForeign = checksum === 0, isDamaged = false } = truncated ?? {}
    const { totalLength, totalEntries } = point
    await commitLog.append([{ totalLength, totalEntries, checksum, endsOperation: true, isForeign, isDamaged }])
  } else await endOperation(commitLog)
}

/** Make the end of the commit log an operation boundary. */
export async function endOperation(commitLog: CommitLog): Promise<void> {
  const { last } = commitLog
  if (last === undefined || last.endsOperation) return
  await commitLog.truncateTo(commitLog.count - 1)
  await commitLog.append([{ ...last, endsOperation: true }])
}

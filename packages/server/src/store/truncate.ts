import { ENTRY_HEAD_BYTES, HEADER_PAGE_BYTES } from '@datastreamer/format'
import { removeTruncated, truncatedBookmarks } from '../bookmarks/remove-truncated.ts'
import { DiskError } from '../errors.ts'
import type { CommitPoint } from '../log/commit-point.ts'
import type { StreamLog } from '../log/stream-log.ts'
import { type CommitRecord, storedChecksum } from './commit-record.ts'
import { loadEnd } from './load-end.ts'
import { messageOf } from './message-of.ts'
import { checksumOfFile, endOperation } from './recovery.ts'
import type { StoreParts } from './store-parts.ts'
import type { WritableFile } from './stream-file.ts'

/**
 * Move the end of the log back to before entry `number`, durably, and let everything that speaks of the log follow:
 * readers, commit log, pages in memory, index. Nothing else may be writing.
 */
export async function truncateLog(parts: StoreParts, number: number): Promise<void> {
  const { log, writer, writable, path, buffers, index, checkpointer, state } = parts
  const point: CommitPoint = { totalLength: await endBefore(log, number), totalEntries: BigInt(number) }
  const bookmarks = await truncatedBookmarks(log, number)
  try {
    // A crash in between leaves the log as it was or as it is to be, and not where the last checkpoint happens to stand.
    await checkpointer.write({ open: true, at: point })
    await writer.truncate(point)
  } catch (error) {
    if (state.broken === undefined) await takeBack(parts)
    throw error
  }
  log.truncate(point)
  await loadEnd(writable.file, path, point, buffers)
  await cutCommitLog(parts, point)
  await checkpointer.write({ open: true })
  // Not before: until then a crash can bring back what was cut. What stays in the index is found out when asked for.
  await removeTruncated(log, index, bookmarks)
}

/** The checkpoint must no longer say where the log was to be cut. */
async function takeBack({ checkpointer, state }: StoreParts): Promise<void> {
  try {
    await checkpointer.write({ open: true })
  } catch (cause) {
    state.break(cause)
    const message = `the disk failed while a truncation was taken back: ${messageOf(cause)}`
    throw new DiskError('OUTCOME_UNKNOWN', message, { cause })
  }
}

/** Where the entry before entry `number` ends: in front of the padding, if there is some between the two. */
export async function endBefore(log: StreamLog, number: number): Promise<number> {
  if (number === 0) return HEADER_PAGE_BYTES
  const { position } = await log.locate(number - 1)
  const entry = await log.entry(BigInt(number - 1))
  return position + ENTRY_HEAD_BYTES + (entry?.data.length ?? 0)
}

/** What is left of the operation that was cut becomes an operation of its own. */
async function cutCommitLog({ commitLog, writable }: StoreParts, point: CommitPoint): Promise<void> {
  const keep = (await commitLog.lastUpTo(point)) + 1
  const cut = await commitLog.record(keep)
  await commitLog.cutTo(keep)
  const { last } = commitLog
  const from = last?.totalLength ?? HEADER_PAGE_BYTES
  if (last !== undefined && from === point.totalLength) {
    await endOperation(commitLog, last)
  } else if (cut !== undefined && from < point.totalLength) {
    const checksum = await checksumOfPart(writable, cut, from, point.totalLength)
    await commitLog.append([{ ...cut, ...point, checksum, endsOperation: true }])
  }
}

/** The checksum of the start of a commit. If the bytes of the commit have rotted, it is one that shows it as the old one did. */
async function checksumOfPart(writable: WritableFile, whole: CommitRecord, from: number, to: number): Promise<number> {
  if (whole.checksum === 0) return 0
  const checksum = await checksumOfFile(writable, from, to)
  const isWhole = (await checksumOfFile(writable, from, whole.totalLength)) === whole.checksum
  return isWhole ? checksum : storedChecksum(~checksum >>> 0)
}

import { ENTRY_HEAD_BYTES } from '@datastreamer/format'
import type { BookmarkIndex } from '../bookmarks/bookmark-index.ts'
import { removeTruncated, truncatedBookmarks } from '../bookmarks/remove-truncated.ts'
import type { CommitLog } from '../commit-log/commit-log.ts'
import { checksumAtTruncation, truncateCommitLog } from '../commit-log/truncate-commit-log.ts'
import { DiskError } from '../disk/errors.ts'
import { messageOf } from '../disk/message-of.ts'
import type { CommitPoint } from '../log/commit-point.ts'
import type { PageBuffers } from '../log/page-buffers.ts'
import { readEnd } from '../log/read-end.ts'
import type { WritableFile } from '../log/stream-file.ts'
import type { StreamLog } from '../log/stream-log.ts'
import type { Checkpointer } from './checkpointer.ts'
import type { LogWriter } from './log-writer.ts'
import type { StateOfStore } from './store-state.ts'

export interface TruncateParts {
  readonly path: string
  readonly log: StreamLog
  readonly writable: WritableFile
  readonly buffers: PageBuffers
  readonly index: BookmarkIndex
  readonly commitLog: CommitLog
  readonly writer: LogWriter
  readonly checkpointer: Checkpointer
  readonly state: StateOfStore
}

/**
 * Truncate the log to before entry `number`, durably, together with all that depends on it: readers, commit log, pages in
 * memory, index. Nothing else may be writing.
 */
export async function truncateLog(parts: TruncateParts, number: number): Promise<void> {
  const { log, writer, writable, path, buffers, index, commitLog, checkpointer, state } = parts
  const point: CommitPoint = { totalLength: await endBefore(log, number), totalEntries: BigInt(number) }
  const bookmarks = await truncatedBookmarks(log, number)
  // Memory is right even where a failed sync has lost what was written.
  const lastPage = buffers.endingAt(point.totalLength) ?? (await readEnd(writable.file, path, point, log.base))
  const checksum = await checksumAtTruncation(commitLog, writable, point)
  try {
    // A crash in between leaves the log as it was or truncated, and not at the last checkpoint.
    await checkpointer.write({ open: true, truncation: { point, checksum } })
    await writer.truncate(point)
  } catch (error) {
    if (state.broken === undefined) await undo(parts)
    throw error
  }
  log.truncate(point)
  buffers.restart(point.totalLength, lastPage)
  await log.replicasAgreed()
  await truncateCommitLog(commitLog, point, checksum)
  await checkpointer.write({ open: true })
  // Not before: until then a crash can bring back the truncated entries. Look-ups notice bookmarks that stay in the index.
  await removeTruncated(log, index, bookmarks)
}

/** Write a checkpoint that no longer announces the truncation. */
async function undo({ checkpointer, state }: TruncateParts): Promise<void> {
  try {
    await checkpointer.write({ open: true })
  } catch (cause) {
    state.break(cause)
    const message = `the disk failed while a truncation was undone:  ${messageOf(cause)}`
    throw new DiskError('OUTCOME_UNKNOWN', message, { cause })
  }
}

/** Where the entry before entry `number` ends: before the padding, if there is any between the two. */
export async function endBefore(log: StreamLog, number: number): Promise<number> {
  if (number === log.firstEntry) return log.base.totalLength
  const { position } = await log.locate(number - 1)
  const entry = await log.entry(BigInt(number - 1))
  return position + ENTRY_HEAD_BYTES + (entry?.data.length ?? 0)
}

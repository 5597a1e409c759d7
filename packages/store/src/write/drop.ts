import { HEADER_PAGE_BYTES, pageOf, pageStart } from '@datastreamer/format'
import type { BookmarkIndex } from '../bookmarks/bookmark-index.ts'
import type { KeyList } from '../bookmarks/key-list.ts'
import type { CommitLog } from '../commit-log/commit-log.ts'
import { lastRecordUpTo } from '../commit-log/find-record.ts'
import { DiskError } from '../disk/errors.ts'
import { messageOf } from '../disk/message-of.ts'
import { type CommitPoint, samePoint } from '../log/commit-point.ts'
import type { WritableFile } from '../log/stream-file.ts'
import type { StreamLog } from '../log/stream-log.ts'
import type { Checkpointer } from './checkpointer.ts'
import type { StateOfStore } from './store-state.ts'

export interface DropParts {
  readonly log: StreamLog
  readonly writable: WritableFile
  readonly index: BookmarkIndex
  readonly commitLog: CommitLog
  readonly checkpointer: Checkpointer
  readonly state: StateOfStore
}

/** Bookmarks that are removed from the index together: commits wait meanwhile. */
const MAX_REMOVED = 256
/** Pages that are given up at a time: their bookmarks are in memory meanwhile. */
const MAX_PAGES = 64

/**
 * Where a file may begin so that it still has entry `number`, or a step on the way there: at a page that a record of the commit log
 * begins with, and not after the last page in use.
 *
 * @returns where it begins now, if it can begin nowhere later
 * @throws {DamageError} if a page does not open with an entry
 */
export async function nextBase(parts: DropParts, number: number): Promise<CommitPoint> {
  const { log } = parts
  const most = await baseFor(parts, number)
  const near = pageOf(log.base.totalLength) + MAX_PAGES
  if (pageOf(most.totalLength) <= near) return most
  const step = await baseFor(parts, await log.firstEntryOf(near))
  return samePoint(step, log.base) ? most : step
}

async function baseFor({ log, commitLog }: DropParts, number: number): Promise<CommitPoint> {
  const { base, header } = log
  if (number <= log.firstEntry || header.totalLength === base.totalLength) return base
  const last = pageOf(header.totalLength - 1)
  const { position } = await log.locate(Math.min(number, Number(header.totalEntries) - 1))
  for (let page = Math.min(pageOf(position), last); pageStart(page) > base.totalLength; page--) {
    const point = await pointAt(log, page)
    const record = await commitLog.record(await lastRecordUpTo(commitLog, point))
    if (record !== undefined && samePoint(record, point)) return point
  }
  return base
}

async function pointAt(log: StreamLog, page: number): Promise<CommitPoint> {
  return { totalLength: pageStart(page), totalEntries: BigInt(await log.firstEntryOf(page)) }
}

/**
 * Give up the entries before `base`, durably: the file begins there from now on. Nothing else may be writing.
 *
 * @throws {DiskError} `WRITE_FAILED`: it begins where it began; `OUTCOME_UNKNOWN`; `STORE_BROKEN`
 */
export async function moveBase(parts: DropParts, base: CommitPoint): Promise<void> {
  const { log, writable, commitLog, checkpointer, state } = parts
  // After a crash the log never ends before a checkpoint, so never before its base.
  await checkpointer.write({ open: true })
  const records = (await lastRecordUpTo(commitLog, base)) + 1
  try {
    await writable.writeBase(base, records)
  } catch (cause) {
    // The disk may have it, but the log may be truncated to before it now.
    await writable.writeBase(log.base, commitLog.beginning.first).catch(() => {
      state.break(cause)
      const message = `the disk failed while it was written where the file begins: ${messageOf(cause)}`
      throw new DiskError('OUTCOME_UNKNOWN', message, { cause })
    })
    throw new DiskError('WRITE_FAILED', `where the file begins was not written: ${messageOf(cause)}`, { cause })
  }
  await commitLog.beginAt(base, records)
  log.moveBase(base)
  await log.replicasAgreed()
}

/**
 * Make the base durable in both of its slots, if it is in one only: nothing may be freed with which the file would begin if that one
 * rots. Nothing else may be writing.
 *
 * @throws as {@link moveBase}
 */
export async function secureBase(parts: DropParts): Promise<void> {
  if (!(await parts.writable.hasBaseTwice())) await moveBase(parts, parts.log.base)
}

/** Free the disk space of what is before the base. Commits may go on. @throws {DiskError} `CANNOT_FREE` */
export async function freeDropped({ log, writable, commitLog }: DropParts): Promise<void> {
  try {
    await writable.file.free(HEADER_PAGE_BYTES, log.base.totalLength)
    await commitLog.free()
  } catch (cause) {
    if (cause instanceof DiskError) throw cause
    throw new DiskError('CANNOT_FREE', `no disk space of ${log.path} was freed: ${messageOf(cause)}`, { cause })
  }
}

/**
 * Remove bookmarks of entries that were given up from the index, unless a later entry has them too. If it is interrupted, the index
 * has bookmarks that look-ups pass over.
 *
 * @param between does work that must not overlap with a commit
 * @throws {DiskError}
 */
export async function removeDropped(
  { log, index }: DropParts,
  bookmarks: KeyList,
  between: (work: () => Promise<void>) => Promise<void>,
): Promise<void> {
  // An index that is being built gets none of them.
  if (index.scans === true) return
  for (const keys of bookmarks.groups(MAX_REMOVED)) {
    await between(async () => {
      const found = await Promise.all(keys.map((key) => index.get(key)))
      index.remove(keys.filter((_, i) => (found[i] ?? log.firstEntry) < log.firstEntry))
      await index.writable()
    })
  }
}

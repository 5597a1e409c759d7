import {
  BOOKMARK_TYPE,
  ENTRY_HEAD_BYTES,
  type Entry,
  HEADER_PAGE_BYTES,
  MAX_BOOKMARK_BYTES,
} from '@datastreamer/format'
import type { BookmarkIndex } from '../bookmarks/bookmark-index.ts'
import { findBookmark } from '../bookmarks/find-bookmark.ts'
import { type Disk, readExactly, writeAll } from '../disk/disk.ts'
import type { StreamLog } from '../log/stream-log.ts'
import type { CommitLog } from './commit-log.ts'
import { type PendingUpdate, readPendingUpdate, removePendingUpdate, writePendingUpdate } from './pending-update.ts'
import { checksumOfFile } from './recovery.ts'
import type { WritableFile } from './stream-file.ts'

export interface UpdateInput {
  readonly disk: Disk
  readonly path: string
  readonly writable: WritableFile
  readonly commitLog: CommitLog
}

/**
 * Overwrite an entry of the same length, head and data, so that a crash leaves the old one or the new.
 *
 * @param follow brings up to date, durably, what else speaks of the entry
 */
export async function overwriteEntry(
  input: UpdateInput,
  update: PendingUpdate,
  follow: () => Promise<void>,
): Promise<void> {
  await writePendingUpdate(input.disk, input.path, update)
  await apply(input, update)
  await follow()
  await removePendingUpdate(input.disk, input.path)
}

/**
 * Do an update again that a crash interrupted; it is for the caller to follow it and to remove it then.
 *
 * @param totalLength where the log ends; an update behind it, or of an entry that is another now, is dropped
 */
export async function redoPendingUpdate(input: UpdateInput, totalLength: number): Promise<PendingUpdate | undefined> {
  const update = await readPendingUpdate(input.disk, input.path)
  if (update !== undefined && update.position + update.bytes.length <= totalLength) {
    const head = await readExactly(input.writable.file, update.position, ENTRY_HEAD_BYTES)
    if (head.every((byte, i) => byte === update.bytes[i])) {
      await apply(input, update)
      return update
    }
  }
  await removePendingUpdate(input.disk, input.path)
  return undefined
}

/** Let the index follow an update of an entry, if that is a bookmark: the last of the same bytes wins. */
export async function indexUpdated(log: StreamLog, index: BookmarkIndex, entry: Entry): Promise<void> {
  const { type, number, data } = entry
  if (type !== BOOKMARK_TYPE || data.length < 1 || data.length > MAX_BOOKMARK_BYTES) return
  const last = await findBookmark(log, index, data)
  if (last === undefined || last < number) index.put([{ key: data, number: Number(number) }])
  await index.flush({ sync: true })
}

async function apply({ writable, commitLog }: UpdateInput, update: PendingUpdate): Promise<void> {
  await writeAll(writable.file, [update.bytes], update.position)
  await writable.file.sync()
  const index = await commitLog.holding(update.position)
  const record = await commitLog.record(index)
  if (record === undefined || record.checksum === 0) return
  const from = index > 0 ? (await commitLog.record(index - 1))?.totalLength : HEADER_PAGE_BYTES
  const checksum = from === undefined ? 0 : await checksumOfFile(writable, from, record.totalLength)
  await commitLog.replace(index, { ...record, checksum })
  await commitLog.sync()
}

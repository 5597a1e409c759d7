import type { StreamLog } from '../log/stream-log.ts'
import type { BookmarkIndex } from './bookmark-index.ts'
import { KeyList } from './key-list.ts'
import { repairBookmarks } from './repair.ts'
import { scanBookmarks } from './scan.ts'

/** Most bookmarks that one scan of the log searches for. */
const MAX_GROUP = 524_288

/**
 * The bookmarks from entry `from` on, which a truncation there will remove. To be called before the log is truncated.
 *
 * @throws {DamageError}
 */
export async function truncatedBookmarks(log: StreamLog, from: number): Promise<KeyList> {
  const bookmarks = new KeyList()
  await scanBookmarks(log, from, (key) => bookmarks.add(key))
  return bookmarks
}

/**
 * Remove bookmarks from the index after the log was truncated; those that an earlier entry holds too point there again.
 * Costs one scan of the rest of the log for each 500,000 bookmarks, none if there are none. Commits may go on. If it is
 * interrupted, the index is wrong only in ways that look-ups notice.
 *
 * @throws {DamageError} @throws {DiskError} @throws {RefusedError} `CLOSED`
 * @see docs/spec/stream-file.md §7
 */
export async function removeTruncated(log: StreamLog, index: BookmarkIndex, bookmarks: KeyList): Promise<void> {
  for (const group of bookmarks.groups(MAX_GROUP)) {
    await repairBookmarks(log, index, group)
    await index.writable()
  }
}

import { BookmarkList } from '../bookmarks/bookmark-list.ts'
import { eachBookmark } from '../bookmarks/scan.ts'
import type { CommitPoint } from '../log/commit-point.ts'
import type { StreamLog } from '../log/stream-log.ts'

/**
 * The bookmarks of operations that are laid out but that readers do not see yet. They are found by walking what was laid out:
 * to keep them with each operation costs more than that.
 *
 * @param end what is to become the commit point
 */
export async function newBookmarks(log: StreamLog, end: CommitPoint): Promise<BookmarkList> {
  const bookmarks = new BookmarkList()
  const { totalLength: position, totalEntries } = log.header
  let at = { position, number: Number(totalEntries) }
  while (at.number < Number(end.totalEntries)) {
    const run = log.runInMemory(at, end) ?? (await log.runOnDisk(at, { end }))
    if (run === undefined) throw new RangeError(`entry ${at.number} is gone`)
    const { bytes, next } = run
    const numbered = { bytes, number: at.number, end: next.number }
    eachBookmark(numbered, (from, to, number) => bookmarks.add(bytes, from, to, number), next.number)
    at = next
  }
  return bookmarks
}

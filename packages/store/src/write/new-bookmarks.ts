import { BookmarkList } from '../bookmarks/bookmark-list.ts'
import { eachBookmark } from '../bookmarks/scan.ts'
import type { CommitPoint } from '../log/commit-point.ts'
import { LogCursor } from '../log/log-cursor.ts'
import type { StreamLog } from '../log/stream-log.ts'

/**
 * The bookmarks of operations that are encoded but not committed. They are found by walking the encoded entries, which
 * costs less than keeping them with each operation.
 *
 * @param end the next commit point
 */
export async function newBookmarks(log: StreamLog, end: CommitPoint): Promise<BookmarkList> {
  const bookmarks = new BookmarkList()
  const { totalLength: position, totalEntries } = log.header
  const cursor = new LogCursor(log, { position, number: Number(totalEntries) })
  for (;;) {
    const run = await cursor.next({ end })
    if (run === undefined) return bookmarks
    eachBookmark(run, (from, to, number) => bookmarks.add(run.bytes, from, to, number), run.next.number)
  }
}

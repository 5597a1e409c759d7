import type { BookmarkPut } from '../bookmarks/bookmark-index.ts'
import { eachBookmark } from '../bookmarks/scan.ts'
import type { CommitPoint } from '../log/commit-point.ts'
import type { StreamLog } from '../log/stream-log.ts'

/**
 * The bookmarks of operations that are laid out but that readers do not see yet. They are found by walking what was laid out:
 * to keep them with each operation costs more than that.
 *
 * @param end what is to become the commit point
 */
export async function newBookmarks(log: StreamLog, end: CommitPoint): Promise<readonly BookmarkPut[]> {
  const bookmarks: BookmarkPut[] = []
  const { totalLength: position, totalEntries } = log.header
  let at = { position, number: Number(totalEntries) }
  while (at.number < Number(end.totalEntries)) {
    const run = log.runInMemory(at, end) ?? (await log.runOnDisk(at, undefined, end))
    if (run === undefined) throw new RangeError(`entry ${at.number} is gone`)
    const numbered = { bytes: run.bytes, number: at.number, end: run.next.number }
    eachBookmark(numbered, (key, number) => bookmarks.push({ key, number }), run.next.number)
    at = run.next
  }
  return bookmarks
}

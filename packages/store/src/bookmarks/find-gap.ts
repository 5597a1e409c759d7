import { type Clock, sleep } from '@datastreamer/runtime'
import type { StreamLog } from '../log/stream-log.ts'
import type { BookmarkIndex, BookmarkPut } from './bookmark-index.ts'
import { isBookmark } from './find-bookmark.ts'
import { eachBookmark, readRuns } from './scan.ts'

/** A comparison pauses this many times as long as it works. */
const PAUSES = 20
/** Number of concurrent look-ups. */
const MAX_LOOK_UPS = 64

/**
 * Compare an index with the log, slowly enough not to disturb.
 *
 * @returns the first bookmark of the log that is missing in the index, or for which it has an earlier entry
 * @throws as `index.get` and `log.entry`; the reason of `signal`
 */
export async function findGap(
  log: StreamLog,
  index: BookmarkIndex,
  clock: Clock,
  signal: AbortSignal,
): Promise<BookmarkPut | undefined> {
  for await (const run of readRuns(log, log.firstEntry, { signal, skipsDropped: true })) {
    const began = clock.now()
    const bookmarks: BookmarkPut[] = []
    eachBookmark(run, (from, to, number) => bookmarks.push({ key: run.bytes.slice(from, to), number }), run.next.number)
    for (let at = 0; at < bookmarks.length; at += MAX_LOOK_UPS) {
      const some = bookmarks.slice(at, at + MAX_LOOK_UPS)
      const gaps = await Promise.all(some.map((bookmark) => isGap(log, index, bookmark)))
      const gap = some[gaps.indexOf(true)]
      if (gap !== undefined) return gap
    }
    await sleep(clock, PAUSES * (clock.now() - began), { signal, ref: false })
  }
  return undefined
}

async function isGap(log: StreamLog, index: BookmarkIndex, { key, number }: BookmarkPut): Promise<boolean> {
  if (leadsTo(await index.get(key), number)) return false
  // It may have been truncated or updated since it was read.
  return (await isBookmark(log, number, key)) && !leadsTo(await index.get(key), number)
}

/** Whether an index leads to an entry or one after it. */
function leadsTo(said: number | undefined, number: number): boolean {
  return said !== undefined && said >= number
}

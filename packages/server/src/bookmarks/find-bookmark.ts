import { BOOKMARK_TYPE, decodeEntry, type Entry, viewOf } from '@datastreamer/format'
import type { StreamLog } from '../log/stream-log.ts'
import type { BookmarkIndex } from './bookmark-index.ts'
import { repairBookmarks } from './repair.ts'
import { readRuns } from './scan.ts'
import { MAX_KEY_BYTES } from './slots.ts'

/**
 * Number of the last entry that is this bookmark, or `undefined` if the log has none.
 *
 * What the index says is checked; where it is wrong (past the end, or another entry stands there) the log is scanned and
 * the index mended, so it is wrong about a bookmark once at most. A bookmark that the index has not costs one look-up.
 *
 * @throws {DamageError} @throws {DiskError} @throws {UnusableIndexError} @throws {RefusedError} `CLOSED`
 * @see docs/spec/stream-file.md §5
 */
export async function findBookmark(
  log: StreamLog,
  index: BookmarkIndex,
  bookmark: Uint8Array,
): Promise<bigint | undefined> {
  if (bookmark.length < 1 || bookmark.length > MAX_KEY_BYTES) return undefined
  const said = await index.get(bookmark)
  if (said === undefined) return undefined
  if (await isBookmark(log, said, bookmark)) return BigInt(said)
  const [found] = await repairBookmarks(log, index, [bookmark])
  return found === undefined ? undefined : BigInt(found)
}

/**
 * The first entry behind entry `number` that is no bookmark, its data a copy, or `undefined` if there is none.
 *
 * @param number u64, of the bookmark
 * @throws {DamageError}
 */
export async function firstEventAfter(log: StreamLog, number: bigint): Promise<Entry | undefined> {
  // At most runs of bookmarks alone are passed by.
  for await (const { bytes } of readRuns(log, Number(number) + 1)) {
    const view = viewOf(bytes)
    for (let at = 0; at < bytes.length; at += view.getUint32(at + 1)) {
      const entry = view.getUint32(at + 5) === BOOKMARK_TYPE ? undefined : decodeEntry(view, at)
      if (entry !== undefined) return { ...entry, data: entry.data.slice() }
    }
  }
  return undefined
}

async function isBookmark(log: StreamLog, number: number, bookmark: Uint8Array): Promise<boolean> {
  const entry = Number.isSafeInteger(number) ? await log.entry(BigInt(number)) : undefined
  if (entry?.type !== BOOKMARK_TYPE || entry.data.length !== bookmark.length) return false
  return bookmark.every((byte, i) => byte === entry.data[i])
}

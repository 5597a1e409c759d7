import { BOOKMARK_TYPE, decodeEntry, type Entry, viewOf } from '@datastreamer/format'
import { equalBytes } from '../log/compare-page.ts'
import type { ReadableLog } from '../log/readable-log.ts'
import type { SearchedIndex } from './bookmark-index.ts'
import { repairBookmarks } from './repair.ts'
import { bookmarksBackwards, readRuns } from './scan.ts'
import { MAX_KEY_BYTES } from './slots.ts'

/** Bytes per read to find the event of a bookmark, which is mostly right after it. */
const EVENT_READ_BYTES = 4 * 1024

/**
 * Number of the last entry that is this bookmark, or `undefined` if the log has none; one that begins late may have had it before.
 *
 * The answer of the index is checked; if it is wrong (past the end, or another entry), the log is scanned and the index
 * repaired, so it is wrong about a bookmark at most once. A bookmark that is not in the index costs one look-up.
 *
 * @throws {DamageError} @throws {DiskError} @throws {UnusableIndexError} @throws {RefusedError} `CLOSED`
 * @see docs/spec/stream-file.md §5
 */
export async function findBookmark(
  log: ReadableLog,
  index: SearchedIndex,
  bookmark: Uint8Array,
): Promise<bigint | undefined> {
  if (bookmark.length < 1 || bookmark.length > MAX_KEY_BYTES) return undefined
  const said = await index.get(bookmark)
  // Those of entries that were given up may still be in the index.
  if (said === undefined || said < log.firstEntry) return undefined
  if (await isBookmark(log, said, bookmark)) return BigInt(said)
  const [found] = await repairBookmarks(log, index, [bookmark])
  return found === undefined ? undefined : BigInt(found)
}

/**
 * The same without an index: reads the log backwards from its end until the bookmark is found.
 *
 * @throws {DamageError}
 */
export async function scanForBookmark(
  log: ReadableLog,
  bookmark: Uint8Array,
  signal?: AbortSignal,
): Promise<bigint | undefined> {
  for await (const bookmarks of bookmarksBackwards(log, Number(log.header.totalEntries), signal)) {
    const found = bookmarks.findLast(({ key }) => equalBytes(key, bookmark))
    if (found !== undefined) return BigInt(found.number)
  }
  return undefined
}

/**
 * The first entry after entry `number` that is not a bookmark, with a copy of its data, or `undefined` if there is none.
 *
 * @param number u64, of the bookmark
 * @throws {DamageError}
 */
export async function firstEventAfter(log: ReadableLog, number: bigint): Promise<Entry | undefined> {
  // Reads on only past runs that hold nothing but bookmarks.
  for await (const { bytes } of readRuns(log, Number(number) + 1, { maxBytes: EVENT_READ_BYTES })) {
    const view = viewOf(bytes)
    for (let at = 0; at < bytes.length; at += view.getUint32(at + 1)) {
      const entry = view.getUint32(at + 5) === BOOKMARK_TYPE ? undefined : decodeEntry(view, at)
      if (entry !== undefined) return { ...entry, data: entry.data.slice() }
    }
  }
  return undefined
}

/** Whether a committed entry is a bookmark of these bytes. @throws {DamageError} */
export async function isBookmark(log: ReadableLog, number: number, bookmark: Uint8Array): Promise<boolean> {
  const entry = Number.isSafeInteger(number) ? await log.entry(BigInt(number)) : undefined
  return entry?.type === BOOKMARK_TYPE && equalBytes(entry.data, bookmark)
}

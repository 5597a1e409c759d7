import { BOOKMARK_TYPE, ENTRY_HEAD_BYTES, MAX_BOOKMARK_BYTES, TruncatedError, viewOf } from '@datastreamer/format'
import { LogCursor } from '../log/log-cursor.ts'
import type { ReadableLog } from '../log/readable-log.ts'
import type { LogRun } from '../log/run-reader.ts'
import type { BookmarkIndex, BookmarkPut } from './bookmark-index.ts'
import { BookmarkList } from './bookmark-list.ts'

/** Notified of each bookmark of a log, in order. `key` borrows the log's memory: copy it to keep it. */
export type OnBookmark = (key: Uint8Array, number: number) => void

export interface RunsOptions {
  readonly signal?: AbortSignal | undefined
  /** Entry number to stop at; the last run may extend past it (default: the commit point at that time). */
  readonly to?: number | undefined
  /** Most bytes per read from disk, but always at least one entry (default: that of the log). */
  readonly maxBytes?: number | undefined
  /** Go on with the first entry of the log if it begins later, instead of failing (default false). */
  readonly skipsDropped?: boolean | undefined
}

/**
 * Read a log in runs, damaged or not, from entry `from` to the commit point, or until a truncation removes what was read.
 *
 * @returns the entry number up to which the runs are in the log
 * @throws {DamageError} if there are no entries where some should be
 * @throws {RefusedError} `BEFORE_BASE` if the log begins later, and they are not skipped
 */
export async function* readRuns(
  log: ReadableLog,
  from: number,
  { signal, to = Number.POSITIVE_INFINITY, maxBytes, skipsDropped = false }: RunsOptions = {},
): AsyncGenerator<LogRun, number, void> {
  let cursor = new LogCursor(log, from)
  for (;;) {
    signal?.throwIfAborted()
    if (skipsDropped && cursor.number < log.firstEntry) cursor = new LogCursor(log, log.firstEntry)
    let run: LogRun | undefined
    try {
      if (cursor.truncatedTo === undefined && cursor.number < to) run = await nextAsFound(cursor, maxBytes)
    } catch (error) {
      if (skipsDropped && cursor.number < log.firstEntry) continue
      throw error
    }
    if (run === undefined) return cursor.truncatedTo ?? cursor.number
    yield run
  }
}

/** The next run, even if it is known to be damaged; `undefined` at the end, or if a truncation ended the cursor. */
async function nextAsFound(cursor: LogCursor, maxBytes: number | undefined): Promise<LogRun | undefined> {
  try {
    return await cursor.next({ asFound: true, maxBytes })
  } catch (error) {
    if (error instanceof TruncatedError) return undefined
    throw error
  }
}

/** Call `onBookmark` with the position of each bookmark of 1 to 16 bytes of a run, before entry `to`. */
export function eachBookmark(
  { bytes, number }: Pick<LogRun, 'bytes' | 'number'>,
  onBookmark: (from: number, to: number, number: number) => void,
  to: number,
): void {
  const view = viewOf(bytes)
  for (let at = 0, n = number; at < bytes.length && n < to; n++) {
    const end = at + view.getUint32(at + 1)
    const keyAt = at + ENTRY_HEAD_BYTES
    if (view.getUint32(at + 5) === BOOKMARK_TYPE && end > keyAt && end - keyAt <= MAX_BOOKMARK_BYTES) {
      onBookmark(keyAt, end, n)
    }
    at = end
  }
}

/**
 * Call `onBookmark` for each bookmark of 1 to 16 bytes from entry `from` on. Stops at the commit point, or when a truncation
 * removes what was read.
 *
 * @returns the entry number up to which the log was read
 * @throws {DamageError}
 */
export async function scanBookmarks(
  log: ReadableLog,
  from: number,
  onBookmark: OnBookmark,
  options: RunsOptions = {},
): Promise<number> {
  const { to = Number.POSITIVE_INFINITY } = options
  await using runs = readRuns(log, from, { ...options, skipsDropped: true })
  for (;;) {
    const step = await runs.next()
    if (step.done === true) return Math.min(step.value, to)
    const { bytes } = step.value
    eachBookmark(step.value, (keyAt, end, number) => onBookmark(bytes.subarray(keyAt, end), number), to)
  }
}

/** Number of entries of the first stretch that is read backwards; each further one is twice as long, up to a limit. */
const FIRST_STRETCH = 1024
const LAST_STRETCH = 65_536

/** The bookmarks before entry `end`, in stretches from there to the first entry; each stretch in the order of the log. */
export async function* bookmarksBackwards(
  log: ReadableLog,
  end: number,
  signal?: AbortSignal,
): AsyncGenerator<readonly BookmarkPut[], void, void> {
  let stretch = FIRST_STRETCH
  for (let to = end; to > log.firstEntry; to -= stretch, stretch = Math.min(2 * stretch, LAST_STRETCH)) {
    const bookmarks: BookmarkPut[] = []
    // Copied: a borrowed key would keep its whole page in memory.
    await scanBookmarks(
      log,
      Math.max(log.firstEntry, to - stretch),
      (key, number) => bookmarks.push({ key: key.slice(), number }),
      {
        signal,
        to,
      },
    )
    yield bookmarks
  }
}

export interface IndexLogOptions {
  /** Entry number to begin at (default: the first entry). */
  readonly from?: number | undefined
  /** Notified now and then of the number of entries that were read, out of how many. */
  readonly onProgress?: ((entries: number, total: number) => void) | undefined
  /** Notified of each run whose bookmarks were put. */
  readonly onRun?: ((run: LogRun) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** The result of indexing a log. */
export interface Indexed {
  readonly bookmarks: number
  /** Entry number up to which the index knows the log. */
  readonly end: number
}

/**
 * Put all bookmarks of a log into an index, from entry `from` to the commit point.
 *
 * @throws {DamageError} @throws {DiskError}
 */
export async function indexLog(
  log: ReadableLog,
  index: BookmarkIndex,
  options: IndexLogOptions = {},
): Promise<Indexed> {
  const { from = log.firstEntry, onProgress, onRun, signal } = options
  await using runs = readRuns(log, from, { signal, skipsDropped: true })
  let bookmarks = 0
  for (;;) {
    const step = await runs.next()
    if (step.done === true) return { bookmarks, end: step.value }
    const { bytes } = step.value
    const puts = new BookmarkList()
    eachBookmark(step.value, (keyAt, to, number) => puts.add(bytes, keyAt, to, number), Number.POSITIVE_INFINITY)
    index.put(puts)
    bookmarks += puts.length
    onRun?.(step.value)
    onProgress?.(step.value.next.number, Number(log.header.totalEntries))
    await index.writable()
  }
}

/**
 * The entry number up to which an index knows a log. Indexes are written in the order of the log, so that is the number after
 * the last bookmark for which the index has the right entry. Searches backwards from the end, which is cheap unless much is
 * missing or the log has no bookmarks.
 *
 * @throws {DamageError} @throws {DiskError} @throws {UnusableIndexError}
 */
export async function indexedUpTo(log: ReadableLog, index: BookmarkIndex, signal?: AbortSignal): Promise<number> {
  for await (const bookmarks of bookmarksBackwards(log, Number(log.header.totalEntries), signal)) {
    const last = bookmarks.at(-1)
    if (last !== undefined && (await index.get(last.key)) === last.number) return last.number + 1
  }
  return log.firstEntry
}

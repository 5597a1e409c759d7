import { BOOKMARK_TYPE, ENTRY_HEAD_BYTES, MAX_BOOKMARK_BYTES, viewOf } from '@datastreamer/format'
import { nextPageStart } from '../log/page-buffers.ts'
import type { ReadableLog } from '../log/readable-log.ts'
import type { LogPosition, LogRun } from '../log/run-reader.ts'
import type { BookmarkIndex, BookmarkPut } from './bookmark-index.ts'
import { BookmarkList } from './bookmark-list.ts'

/** Told of each bookmark of a log, in order. `key` borrows the log's memory: copy it to keep it. */
export type OnBookmark = (key: Uint8Array, number: number) => void

/** Whole entries of a log, where they stand, and the number of the first one. */
export interface NumberedRun {
  readonly bytes: Uint8Array
  readonly position: number
  readonly number: number
  /** Number behind the last entry. */
  readonly end: number
}

export interface RunsOptions {
  readonly signal?: AbortSignal | undefined
  /** Entry number to stop at; the last run may go on behind it (default: the commit point, wherever it is by then). */
  readonly to?: number | undefined
  /** Most bytes to read from disk at a time, but always at least one entry (default: what the log reads). */
  readonly maxBytes?: number | undefined
}

/**
 * Read a log in runs, from entry `from` to the commit point, or to where a truncation cuts off what is being read.
 *
 * @returns the entry number up to which the runs are part of the log
 * @throws {DamageError}
 */
export async function* readRuns(
  log: ReadableLog,
  from: number,
  { signal, to = Number.POSITIVE_INFINITY, maxBytes }: RunsOptions = {},
): AsyncGenerator<NumberedRun, number, void> {
  let cut = Number.POSITIVE_INFINITY
  const stop = log.listen({
    onCommit: () => undefined,
    onTruncate: ({ totalEntries }) => {
      cut = Math.min(cut, Number(totalEntries))
    },
  })
  try {
    let at: LogPosition | undefined
    for (let number = from; ; ) {
      signal?.throwIfAborted()
      if (number > cut) return cut
      // What is committed next may begin elsewhere.
      if (number === cut) at = undefined
      cut = Number.POSITIVE_INFINITY
      if (number >= Math.min(to, Number(log.header.totalEntries))) return number
      let run: LogRun | undefined
      try {
        at ??= await log.locate(number)
        run = await log.runAsFound(at, maxBytes)
      } catch (error) {
        if (cut === Number.POSITIVE_INFINITY) throw error
      }
      // A truncation while it was read makes it worthless.
      if (at === undefined || run === undefined || run.next.number > cut) continue
      yield { bytes: run.bytes, position: startOf(at, run), number, end: run.next.number }
      at = run.next
      number = at.number
    }
  } finally {
    stop()
  }
}

/** Position of the first entry of a run that was read from a place, which may be at the padding before it. */
function startOf({ position }: LogPosition, { next }: LogRun): number {
  const nextPage = nextPageStart(position)
  return next.position > nextPage ? nextPage : position
}

/** Call `onBookmark` with the place of each bookmark of 1 to 16 bytes of a run that stands before entry `to`. */
export function eachBookmark(
  { bytes, number }: Pick<NumberedRun, 'bytes' | 'number'>,
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
 * Call `onBookmark` for each bookmark of 1 to 16 bytes from entry `from` on. Stops at the commit point, or where a
 * truncation cuts off what is being read.
 *
 * @returns the entry number up to which the log was looked at
 * @throws {DamageError}
 */
export async function scanBookmarks(
  log: ReadableLog,
  from: number,
  onBookmark: OnBookmark,
  options: RunsOptions = {},
): Promise<number> {
  const { to = Number.POSITIVE_INFINITY } = options
  await using runs = readRuns(log, from, options)
  for (;;) {
    const step = await runs.next()
    if (step.done === true) return Math.min(step.value, to)
    const { bytes } = step.value
    eachBookmark(step.value, (keyAt, end, number) => onBookmark(bytes.subarray(keyAt, end), number), to)
  }
}

/** Entries of the first stretch that is read backwards; each one is twice as long, up to the last. */
const FIRST_STRETCH = 1024
const LAST_STRETCH = 65_536

/** The bookmarks before entry `end`, in stretches from the end to the start; each stretch in the order of the log. */
export async function* bookmarksBackwards(
  log: ReadableLog,
  end: number,
  signal?: AbortSignal,
): AsyncGenerator<readonly BookmarkPut[], void, void> {
  let stretch = FIRST_STRETCH
  for (let to = end; to > 0; to -= stretch, stretch = Math.min(2 * stretch, LAST_STRETCH)) {
    const bookmarks: BookmarkPut[] = []
    // A key that is kept keeps all of the page that it lies in.
    await scanBookmarks(log, Math.max(0, to - stretch), (key, number) => bookmarks.push({ key: key.slice(), number }), {
      signal,
      to,
    })
    yield bookmarks
  }
}

export interface IndexLogOptions {
  /** Entry number to begin at (default 0). */
  readonly from?: number | undefined
  /** Told now and then how many entries of how many were looked at. */
  readonly onProgress?: ((entries: number, total: number) => void) | undefined
  /** Told of each run whose bookmarks were put. */
  readonly onRun?: ((run: NumberedRun) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** What was put into an index. */
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
  const { from = 0, onProgress, onRun, signal } = options
  await using runs = readRuns(log, from, { signal })
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
    onProgress?.(step.value.end, Number(log.header.totalEntries))
    await index.writable()
  }
}

/**
 * The entry number up to which an index knows a log. Indexes are written in the order of the log, so it is behind the
 * last bookmark that the index has at its place. Looks from the end backwards, so it costs little unless much is missing
 * or the log has no bookmarks.
 *
 * @throws {DamageError} @throws {DiskError} @throws {UnusableIndexError}
 */
export async function indexedUpTo(log: ReadableLog, index: BookmarkIndex, signal?: AbortSignal): Promise<number> {
  for await (const bookmarks of bookmarksBackwards(log, Number(log.header.totalEntries), signal)) {
    const last = bookmarks.at(-1)
    if (last !== undefined && (await index.get(last.key)) === last.number) return last.number + 1
  }
  return 0
}

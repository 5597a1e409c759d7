import { access, constants } from 'node:fs/promises'
import { LockedError } from '../errors.ts'
import type { StreamLog } from '../log/stream-log.ts'
import { bookmarkFolder } from './bookmark-folder.ts'
import type { BookmarkIndex } from './bookmark-index.ts'
import { followLog } from './follow-log.ts'
import { UnusableIndexError } from './index-errors.ts'
import { hasLevel } from './level-folder.ts'
import { openLevelIndex } from './level-index.ts'
import { type IndexLogOptions, indexedUpTo, indexLog } from './scan.ts'

export interface OpenIndexOptions extends Omit<IndexLogOptions, 'from'> {
  /** Path of the stream file. */
  readonly path: string
  /** Write nothing to disk, as LevelDB does in its folder even for look-ups (default false). */
  readonly readOnly?: boolean | undefined
}

/** An index, and how it came about. */
export interface OpenedIndex {
  readonly index: BookmarkIndex
  readonly kind: 'level' | 'memory'
  /** Why the index was built in memory; `undefined` if it was not. */
  readonly reason?: 'read-only' | 'missing' | 'not-writable' | 'locked' | 'corrupt' | undefined
  /** Entries that had to be looked at, because the index did not know them. */
  readonly scanned: number
}

export interface RebuildOptions extends Omit<IndexLogOptions, 'from'> {
  readonly folder: string
}

/**
 * An index for reading a stream file: the LevelDB beside it if it can be used, else one in memory that is built by a scan
 * and follows the log.
 *
 * @throws {DamageError} @throws {DiskError}
 */
export async function openIndexFor(log: StreamLog, options: OpenIndexOptions): Promise<OpenedIndex> {
  const { path, readOnly = false, ...rest } = options
  const level = await openUsable(bookmarkFolder(path), readOnly)
  if (typeof level !== 'string') {
    return { index: level, kind: 'level', scanned: await catchUpOrClose(log, level, rest) }
  }
  const index = await followLog(log, rest)
  return { index, kind: 'memory', reason: level, scanned: Number(log.header.totalEntries) }
}

/**
 * Put into an index what the log has behind the last bookmark that the index knows: after a crash, or after a program
 * that keeps no index.
 *
 * @returns the number of entries that were looked at
 * @throws {DamageError} @throws {DiskError} @throws {UnusableIndexError}
 */
export async function catchUpIndex(
  log: StreamLog,
  index: BookmarkIndex,
  options: Omit<IndexLogOptions, 'from'> = {},
): Promise<number> {
  const from = await indexedUpTo(log, index, options.signal)
  const { end } = await indexLog(log, index, { ...options, from })
  return end - from
}

/**
 * Destroy the index in a folder, damaged or not, and make it again from the log.
 *
 * @throws {LockedError} @throws {DamageError} @throws {DiskError}
 */
export async function rebuildIndex(
  log: StreamLog,
  { folder, signal, onProgress }: RebuildOptions,
): Promise<BookmarkIndex> {
  const index = await openLevelIndex({ folder, createIfMissing: true, fresh: true, signal })
  try {
    await indexLog(log, index, { signal, onProgress })
    await index.flush({ sync: true })
    return index
  } catch (error) {
    await index.close().catch(() => undefined)
    throw error
  }
}

/** The LevelDB in a folder, or why there is none to be used. */
async function openUsable(
  folder: string,
  readOnly: boolean,
): Promise<BookmarkIndex | NonNullable<OpenedIndex['reason']>> {
  if (readOnly) return 'read-only'
  if (!(await hasLevel(folder))) return 'missing'
  try {
    await access(folder, constants.W_OK)
  } catch {
    return 'not-writable'
  }
  try {
    return await openLevelIndex({ folder, createIfMissing: false })
  } catch (error) {
    if (error instanceof LockedError) return 'locked'
    if (error instanceof UnusableIndexError) return error.code === 'INDEX_MISSING' ? 'missing' : 'corrupt'
    throw error
  }
}

async function catchUpOrClose(
  log: StreamLog,
  index: BookmarkIndex,
  options: Omit<IndexLogOptions, 'from'>,
): Promise<number> {
  try {
    return await catchUpIndex(log, index, options)
  } catch (error) {
    await index.close().catch(() => undefined)
    throw error
  }
}

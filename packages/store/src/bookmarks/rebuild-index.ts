import type { StreamLog } from '../log/stream-log.ts'
import type { BookmarkIndex } from './bookmark-index.ts'
import { openLevelIndex } from './level-index.ts'
import { type IndexLogOptions, indexedUpTo, indexLog } from './scan.ts'

export interface RebuildOptions extends Omit<IndexLogOptions, 'from'> {
  readonly folder: string
}

/**
 * Put the bookmarks of the log after the last one that the index knows into it, after a crash or after a program that keeps no
 * index.
 *
 * @returns the number of entries that were read
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
 * Remove the index in a folder, damaged or not, and rebuild it from the log.
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
    await index.finish()
    return index
  } catch (error) {
    await index.close().catch(() => undefined)
    throw error
  }
}

import { type Clock, systemClock } from '@datastreamer/runtime'
import type { LevelBookmarkIndex } from './level-bookmark-index.ts'
import { claimFolder, type FolderClaim, hasLevel } from './level-folder.ts'
import type { LevelWorkerData } from './level-messages.ts'
import { ThreadedIndex } from './threaded-index.ts'

export interface LevelIndexOptions {
  readonly folder: string
  readonly createIfMissing: boolean
  /** Replace what is there, damaged or not, by an empty index (default false). */
  readonly fresh?: boolean | undefined
  /** Number of bookmarks in memory, 25 bytes each, from which on `writable` waits (default 2,000,000). */
  readonly maxPendingBookmarks?: number | undefined
  /**
   * Open it even if the disk has no room for what LevelDB writes then (default false): it has `failed`, accepts nothing and
   * finds nothing until `repair` has opened LevelDB.
   */
  readonly mayWaitForRoom?: boolean | undefined
  /** The lock of the folder, if the caller has it already; closing the index releases it. */
  readonly claim?: FolderClaim | undefined
  readonly signal?: AbortSignal | undefined
  /** Default: this machine's. The checks of its tables, in a thread of their own, always use the system's. */
  readonly clock?: Clock | undefined
}

const DEFAULT_MAX_PENDING = 2_000_000

/**
 * Open the index in the LevelDB that Go servers use: key = the bookmark's bytes, value = the entry's number, u64
 * big-endian. While it is open it also locks the stream file against other writers; the lock ends with the process.
 *
 * @throws {LockedError} if another process, another index of this one or a Go server has it open
 * @throws {UnusableIndexError} if it is missing or damaged: open it with `fresh` and index the log again
 * @throws {DiskError} `WRITE_FAILED`
 * @see docs/spec/stream-file.md §5
 */
export async function openLevelIndex(options: LevelIndexOptions): Promise<LevelBookmarkIndex> {
  const { folder, createIfMissing, fresh = false, maxPendingBookmarks = DEFAULT_MAX_PENDING, signal } = options
  const { mayWaitForRoom: mayWait = false, clock = systemClock } = options
  signal?.throwIfAborted()
  // Loaded by this thread too, so that it stays in memory when the worker ends: a thread of LevelDB may still run in it.
  await import('classic-level')
  const claim = options.claim ?? (await claimFolder(folder, createIfMissing || fresh))
  // Without its `CURRENT` it is the rest of one that was being removed.
  const isFresh = fresh || !(await hasLevel(claim.folder))
  const workerData: LevelWorkerData = {
    folder: claim.folder,
    createIfMissing: createIfMissing || fresh,
    fresh: isFresh,
    mayWait,
  }
  const index = new ThreadedIndex({ claim, workerData, maxPending: maxPendingBookmarks, clock })
  await index.opened
  if (signal?.aborted === true) await index.close()
  signal?.throwIfAborted()
  return index
}

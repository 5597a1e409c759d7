import { type Clock, systemClock } from '@datastreamer/runtime'
import type { LevelBookmarkIndex } from './level-bookmark-index.ts'
import { claimFolder, type FolderClaim, hasLevel } from './level-folder.ts'
import type { LevelWorkerData } from './level-messages.ts'
import { ThreadedIndex } from './threaded-index.ts'

export interface LevelIndexOptions {
  readonly folder: string
  readonly createIfMissing: boolean
  /** Begin an empty one in the place of what is there, damaged or not (default false). */
  readonly fresh?: boolean | undefined
  /** Bookmarks in memory, 25 bytes each, from which on `writable` waits (default 2,000,000). */
  readonly maxPendingBookmarks?: number | undefined
  /**
   * Open it also if the disk has no room for what LevelDB writes then (default false): it has `failed`, takes nothing and
   * finds nothing until `repair` has opened LevelDB.
   */
  readonly mayWaitForRoom?: boolean | undefined
  /** The right to the folder, if the caller has it already; closing the index gives it up. */
  readonly claim?: FolderClaim | undefined
  readonly signal?: AbortSignal | undefined
  /** Default: this machine's. The checks of its tables, in a thread of their own, have the system's in any case. */
  readonly clock?: Clock | undefined
}

const DEFAULT_MAX_PENDING = 2_000_000

/**
 * Open the index in the LevelDB that Go servers use: key = the bookmark's bytes, value = the entry's number, u64
 * big-endian. As long as it is open it also is the lock of the stream file's one writer; a process that died holds none.
 *
 * @throws {LockedError} if another process, another index of this one or a Go server has it open
 * @throws {UnusableIndexError} if it is not there or damaged: open it with `fresh` and index the log again
 * @throws {DiskError} `WRITE_FAILED`
 * @see docs/spec/stream-file.md §5
 */
export async function openLevelIndex(options: LevelIndexOptions): Promise<LevelBookmarkIndex> {
  const { folder, createIfMissing, fresh = false, maxPendingBookmarks = DEFAULT_MAX_PENDING, signal } = options
  const { mayWaitForRoom: mayWait = false, clock = systemClock } = options
  signal?.throwIfAborted()
  // Held by this thread too, so that it stays in memory when the worker ends: a thread of LevelDB's own may still run in it.
  await import('classic-level')
  const claim = options.claim ?? (await claimFolder(folder, createIfMissing || fresh))
  // Without its `CURRENT`, what is there is left of one that was being removed.
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

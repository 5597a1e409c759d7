import type { BookmarkIndex } from '../bookmarks/bookmark-index.ts'
import type { CommitLog } from '../commit-log/commit-log.ts'
import { closeAll } from '../disk/close-all.ts'
import type { DiskFile } from '../disk/disk.ts'
import type { FirstRecovery } from '../recovery/first-recovery.ts'
import type { Checkpointer } from '../write/checkpointer.ts'
import type { Lock } from '../write/lock.ts'
import type { StateOfStore } from '../write/store-state.ts'
import type { Made } from './made.ts'

export interface ClosingParts {
  readonly file: DiskFile
  readonly commitLog: CommitLog
  readonly index: BookmarkIndex
  readonly lock: Lock | undefined
  readonly made: Made
  readonly firstRecovery: FirstRecovery
  readonly checkpointer: Checkpointer
  readonly state: StateOfStore
}

/**
 * Make everything committed durable and release the files.
 *
 * @param discard whether to remove what opening the store has made on the disk
 * @throws {DiskError} `STORE_BROKEN` if that failed; the files are released nevertheless
 */
export async function closeStore(parts: ClosingParts, discard: boolean): Promise<void> {
  const { checkpointer, commitLog, file, index, lock, state, made, firstRecovery } = parts
  // Undone before the file is closed, which releases the lock.
  const undoing = { close: async () => (discard ? made.undo() : undefined) }
  await checkpointer.stop()
  try {
    // On a disk that was full from the start nothing was written: the files are as durable as they were before.
    if (firstRecovery.isDone || commitLog.checkpoint?.open !== false) {
      if (state.broken !== undefined) throw state.broken
      await index.repair()
      await checkpointer.write({ open: false })
    }
  } finally {
    await closeAll([commitLog, index, ...(lock === undefined ? [] : [lock]), undoing, file])
    state.close()
  }
}

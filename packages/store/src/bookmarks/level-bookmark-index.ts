import type { BookmarkIndex } from './bookmark-index.ts'
import type { UnusableIndexError } from './index-errors.ts'

/** An index in LevelDB. */
export interface LevelBookmarkIndex extends BookmarkIndex {
  /** Notified once when it is found damaged: it cannot be used until it is renewed. */
  onDamage(listener: (error: UnusableIndexError) => void): void
  /**
   * Start over, empty and unfinished, whatever is there; changes that are not written are forgotten. The folder stays locked.
   *
   * @throws {DiskError} `WRITE_FAILED`, `FILE_REPLACED`
   */
  renew(): Promise<void>
  /**
   * Make durable what was put so far, and that this is all that the index should hold. An index that was made or renewed
   * counts as damaged if it is reopened without this.
   *
   * @throws as `flush`
   */
  finish(): Promise<void>
}

import type { BookmarkIndex } from './bookmark-index.ts'
import type { UnusableIndexError } from './index-errors.ts'

/** An index in a LevelDB. */
export interface LevelBookmarkIndex extends BookmarkIndex {
  /** Notified once that it is damaged: it cannot be used any more before it is renewed. */
  onDamage(listener: (error: UnusableIndexError) => void): void
  /**
   * Begin anew, empty and unfinished, whatever is there; what waits to be written is forgotten. The folder stays locked.
   *
   * @throws {DiskError} `WRITE_FAILED`, `FILE_REPLACED`
   */
  renew(): Promise<void>
  /**
   * Make durable what was put so far, and that this is all that the index should hold. One that was made, or made anew,
   * counts as damaged when it is opened again without this.
   *
   * @throws as `flush`
   */
  finish(): Promise<void>
}

import type { Clock } from '@datastreamer/runtime'
import type { BookmarkIndex } from '../bookmarks/bookmark-index.ts'
import type { Disk } from '../disk/disk.ts'
import type { NewFile } from '../log/stream-file.ts'
import type { ScrubOptions } from '../scrub/scrubber.ts'
import type { Fsync } from '../write/checkpointer.ts'
import type { StoreEvent } from '../write/events.ts'
import type { CommitGroup } from '../write/operation.ts'

export interface StoreOptions extends NewFile {
  /** The stream file; made if absent, with its folders. */
  readonly file: string
  /** Refuse a file that does not exist, instead of making it (default false). */
  readonly mustExist?: boolean | undefined
  /**
   * When a commit is acknowledged: once it is durable (`commit`, default), or once it is written, and made durable every
   * `fsyncIntervalMs` (`interval`) or after every 256 MiB (`never`). In every mode a killed process loses nothing, and
   * after a crash of the machine the log ends after a whole commit.
   */
  readonly fsync?: Fsync | undefined
  /** Milliseconds between two syncs of mode `interval` (default 1000). */
  readonly fsyncIntervalMs?: number | undefined
  /**
   * Milliseconds between two checks that the file and its index are still at their paths and that no other program writes
   * them (default 500); 0 for a disk that no other program can reach.
   */
  readonly fileCheckMs?: number | undefined
  /** Number of the newest pages of 1 MiB that are kept in memory for readers (default 16). */
  readonly tailPages?: number | undefined
  /** Bytes of an operation that are kept in memory before whole pages of it are written ahead (default 16 MiB). */
  readonly spillBytes?: number | undefined
  /** Bytes that may wait for the disk before further entries are refused (default 1 GiB). */
  readonly maxPendingBytes?: number | undefined
  /** Compare what is committed with its checksums in the background (default: off). */
  readonly scrub?: ScrubOptions | undefined
  /**
   * Milliseconds until a store that the disk has failed reopens its files, after a number of failed attempts (default: 100,
   * then twice as long each time, up to 10,000).
   */
  readonly reopenDelayMs?: ((tries: number) => number) | undefined
  /** Notified of recoveries, truncations and failures. */
  readonly onEvent?: ((event: StoreEvent) => void) | undefined
  /** Notified of each group of commits that readers can see, for metrics. Must not throw. */
  readonly onCommit?: ((group: CommitGroup) => void) | undefined
  /** The disk (default: the machine's). */
  readonly disk?: Disk | undefined
  /** Time and timers (default: this machine's). */
  readonly clock?: Clock | undefined
  /**
   * The bookmark index (default: the LevelDB beside the file, which also locks the file against other writers). A given index
   * may lack bookmarks while a store that was opened on a full disk waits for room.
   */
  readonly index?: BookmarkIndex | undefined
}

import type { Clock } from '@datastreamer/runtime'
import type { BookmarkIndex } from '../bookmarks/bookmark-index.ts'
import type { Disk } from '../disk/disk.ts'
import type { StreamIdentity } from '../log/stream-file.ts'
import type { ScrubOptions } from '../scrub/scrubber.ts'
import type { Fsync } from '../write/checkpointer.ts'
import type { StoreEvent } from '../write/events.ts'
import type { CommitGroup } from '../write/operation.ts'

export interface StoreOptions extends StreamIdentity {
  /** The stream file; made if absent, with the folders that it lies in. */
  readonly file: string
  /** Make nothing: refuse a file that is not there (default false). */
  readonly mustExist?: boolean | undefined
  /**
   * When a commit is answered: once it is durable (`commit`, default); once it is written, and made durable every
   * `fsyncIntervalMs` (`interval`) or after every 256 MiB (`never`). In every mode a killed process loses nothing, and
   * after a crash of the machine the log ends after a whole commit.
   */
  readonly fsync?: Fsync | undefined
  /** Milliseconds between two syncs of mode `interval` (default 1000). */
  readonly fsyncIntervalMs?: number | undefined
  /**
   * Milliseconds between two looks at whether the file and its index still are where they were opened, and nobody else
   * writes them (default 500); 0 for a disk that nobody else can reach.
   */
  readonly fileCheckMs?: number | undefined
  /** Newest pages of 1 MiB that are kept in memory for readers (default 16). */
  readonly tailPages?: number | undefined
  /** Bytes of an operation that are kept in memory before whole pages of it go to disk (default 16 MiB). */
  readonly spillBytes?: number | undefined
  /** Bytes that may wait for the disk before adding more is refused (default 1 GiB). */
  readonly maxPendingBytes?: number | undefined
  /** Compare what is committed with its checksums in the background (default: do not). */
  readonly scrub?: ScrubOptions | undefined
  /**
   * Milliseconds until a store that can write no more, since the disk failed, opens its files anew, after so many tries in
   * vain (default: 100, then twice as long each time, up to 10,000).
   */
  readonly reopenDelayMs?: ((tries: number) => number) | undefined
  /** Notified of recoveries, truncations and failures. */
  readonly onEvent?: ((event: StoreEvent) => void) | undefined
  /** Notified of each group of commits that readers can see, for metrics. Must not throw. */
  readonly onCommit?: ((group: CommitGroup) => void) | undefined
  /** Where files lie (default: the machine's disk). */
  readonly disk?: Disk | undefined
  /** Time and timers (default: this machine's). */
  readonly clock?: Clock | undefined
  /**
   * The bookmark index (default: the LevelDB beside the file, which also locks the file against other writers). One that is
   * given may lack bookmarks as long as a store waits for room that it had not when it was opened.
   */
  readonly index?: BookmarkIndex | undefined
}

import type { IndexEvent } from '../bookmarks/repairing-index.ts'
import type { DiskError } from '../disk/errors.ts'
import type { CommitPoint } from '../log/commit-point.ts'
import type { EntryRange } from '../log/entry-range.ts'
import type { ScrubTarget } from '../scrub/scrubber.ts'

/** What happens in a store, for logs. */
export type StoreEvent =
  | IndexEvent
  /** The file did not exist and was made. */
  | { readonly event: 'created'; readonly file: string; readonly folders: readonly string[] }
  /** There is no program `flock`: another process that writes the file is noticed, but not kept out. */
  | { readonly event: 'lock-limited'; readonly file: string }
  /** An incomplete page at the end of the file was extended to its full length; it held nothing committed. */
  | { readonly event: 'repaired'; readonly file: string }
  /** The header was torn or ahead of the data; the log was set back to the last whole commit. */
  | {
      readonly event: 'recovered'
      readonly file: string
      readonly from: CommitPoint
      readonly to: CommitPoint
      readonly reason: string
    }
  /** An update in place that a crash interrupted was redone. */
  | { readonly event: 'update-finished'; readonly file: string; readonly position: number }
  /** Another program has written the file: its commits are taken over. */
  | { readonly event: 'taken-over'; readonly file: string; readonly from: CommitPoint; readonly to: CommitPoint }
  /** The bookmark index has caught up with the log, or was rebuilt. */
  | { readonly event: 'indexed'; readonly file: string; readonly fromEntry: bigint; readonly entries: bigint }
  | { readonly event: 'truncated'; readonly file: string; readonly from: CommitPoint; readonly to: CommitPoint }
  /** The file begins later: entries before that were given up. */
  | { readonly event: 'dropped'; readonly file: string; readonly from: CommitPoint; readonly to: CommitPoint }
  /** Nothing can be committed until the file is back at its path; readers are still served. */
  | { readonly event: 'file-lost'; readonly file: string; readonly error: DiskError }
  /** The file is back. */
  | { readonly event: 'file-found'; readonly file: string }
  /** Bytes are not what was committed; reading them fails. */
  | { readonly event: 'damage-found'; readonly file: string; readonly range: EntryRange }
  /** Damaged bytes are what was committed again. */
  | { readonly event: 'damage-gone'; readonly file: string; readonly range: EntryRange }
  /** Records of the commit log cannot be read, so it is unknown whether these bytes are those that were committed. */
  | { readonly event: 'checksum-lost'; readonly file: string; readonly range: EntryRange }
  /** The commit log could not be compared with the file; that is retried. */
  | { readonly event: 'scrub-failed'; readonly file: string; readonly error: Error }
  /** It can be compared again. */
  | { readonly event: 'scrub-resumed'; readonly file: string }
  /** The disk failed so that nothing may be written until the files are reopened; readers are still served. */
  | { readonly event: 'broken'; readonly file: string; readonly error: Error }
  /** Reopening the files failed; that is retried. */
  | { readonly event: 'reopen-failed'; readonly file: string; readonly tries: number; readonly error: Error }
  /** The files were reopened, and the store writes again. */
  | { readonly event: 'reopened'; readonly file: string; readonly tries: number; readonly brokenMs: number }
  /** Writing failed; readers are still served. */
  | { readonly event: 'write-failed'; readonly file: string; readonly error: Error }

/** Reports what scrubbing finds as events. */
export function scrubEvents(
  file: string,
  onEvent: (event: StoreEvent) => void,
): Pick<ScrubTarget, 'onFound' | 'onUncovered' | 'onError' | 'onResumed'> {
  return {
    onFound: (range, state) => onEvent({ event: state === 'damaged' ? 'damage-found' : 'damage-gone', file, range }),
    onUncovered: (range) => onEvent({ event: 'checksum-lost', file, range }),
    onError: (error) => onEvent({ event: 'scrub-failed', file, error }),
    onResumed: () => onEvent({ event: 'scrub-resumed', file }),
  }
}

import type { IndexEvent } from '../bookmarks/repairing-index.ts'
import type { DiskError } from '../disk/errors.ts'
import type { CommitPoint } from '../log/commit-point.ts'
import type { EntryRange } from '../log/entry-range.ts'
import type { ScrubTarget } from '../scrub/scrubber.ts'

/** What a store says of itself, for logs. */
export type StoreEvent =
  | IndexEvent
  /** The file was not there. */
  | { readonly event: 'created'; readonly file: string; readonly folders: readonly string[] }
  /** There is no program `flock`: others who reach the file by another name are not kept out, only noticed. */
  | { readonly event: 'lock-limited'; readonly file: string }
  /** A page that was incomplete got its length back; nothing committed lay in it. */
  | { readonly event: 'repaired'; readonly file: string }
  /** The header was torn or ahead of the bytes; the log ends where the last whole commit ended. */
  | {
      readonly event: 'recovered'
      readonly file: string
      readonly from: CommitPoint
      readonly to: CommitPoint
      readonly reason: string
    }
  /** An update in place that a crash interrupted was done again. */
  | { readonly event: 'update-finished'; readonly file: string; readonly position: number }
  /** Another program wrote the file since: its commits are taken over. */
  | { readonly event: 'taken-over'; readonly file: string; readonly from: CommitPoint; readonly to: CommitPoint }
  /** The bookmark index was behind, or was built anew. */
  | { readonly event: 'indexed'; readonly file: string; readonly fromEntry: bigint; readonly entries: bigint }
  | { readonly event: 'truncated'; readonly file: string; readonly from: CommitPoint; readonly to: CommitPoint }
  /** Nothing can be committed before the file is back in its place; readers are served on. */
  | { readonly event: 'file-lost'; readonly file: string; readonly error: DiskError }
  /** It is. */
  | { readonly event: 'file-found'; readonly file: string }
  /** Committed bytes are not what was committed: they are not read as if they were. */
  | { readonly event: 'damage-found'; readonly file: string; readonly range: EntryRange }
  /** Bytes that were damaged are what was committed again. */
  | { readonly event: 'damage-gone'; readonly file: string; readonly range: EntryRange }
  /** Records of the commit log cannot be read, so nobody can tell whether these bytes are those that were committed. */
  | { readonly event: 'checksum-lost'; readonly file: string; readonly range: EntryRange }
  /** The commit log could not be compared with the file; that is tried again. */
  | { readonly event: 'scrub-failed'; readonly file: string; readonly error: Error }
  /** It can be again. */
  | { readonly event: 'scrub-resumed'; readonly file: string }
  /** The disk failed so that nothing may be written before the files have been opened anew; readers are served on. */
  | { readonly event: 'broken'; readonly file: string; readonly error: Error }
  /** The disk was not well enough to open the files anew; that is tried again. */
  | { readonly event: 'reopen-failed'; readonly file: string; readonly tries: number; readonly error: Error }
  /** The files have been opened anew, and the store writes again. */
  | { readonly event: 'reopened'; readonly file: string; readonly tries: number; readonly brokenMs: number }
  /** Writing failed; readers are served on. */
  | { readonly event: 'write-failed'; readonly file: string; readonly error: Error }

/** What scrubbing reports, as events. */
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

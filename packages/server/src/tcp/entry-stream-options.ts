import type { Clock } from '@datastreamer/runtime'
import type { BoundarySequence, CommitPoint, LogPosition, ReadableLog } from '@datastreamer/store/log'
import type { Outlet } from '../socket/outlet.ts'
import type { CompressedRuns } from './compressed-runs.ts'
import type { FeedMemory } from './entry-feed.ts'
import type { EntryFilter } from './entry-filter.ts'
import type { SignatureSequence } from './signature-sequence.ts'

/** How a stream ended by itself. */
export type StreamOutcome =
  /** The last entry requested is written. */
  | { readonly t: 'ended' }
  /** The log was truncated to `point`, before the entry that the stream had reached. */
  | { readonly t: 'truncated'; readonly point: CommitPoint; readonly entryNumber: number }
  /** `again` reads once more what could not be read. */
  | { readonly t: 'failed'; readonly error: unknown; readonly again: () => Promise<unknown> }

export interface EntryStreamOptions {
  readonly log: ReadableLog
  readonly from: LogPosition
  /** Number of the entry to stop before. */
  readonly end?: number | undefined
  readonly boundaries?: BoundarySequence | undefined
  /** Where compressed runs are, if they are wanted; not of a stream of some entry types. */
  readonly compressed?: CompressedRuns | undefined
  /** Which entries are wanted (default: all). */
  readonly filter?: EntryFilter | undefined
  /** The signatures to be given among the entries; not of a stream of some entry types, or with an end. */
  readonly signatures?: SignatureSequence | undefined
  readonly memory: FeedMemory
  readonly clock: Clock
  /** Where the entries go. */
  readonly outlet: Pick<Outlet, 'drained' | 'write'>
  /** Ask for a turn, at which `step` is to be called. */
  readonly requestTurn: () => void
  /** Called once, unless the stream is stopped before. Must not throw. */
  readonly onDone: (outcome: StreamOutcome) => void
}

import type { EntriesFrom, U64 } from '@datastreamer/format'
import type { BlockLimits, Generation } from '@datastreamer/sequencer-entries'
import type { Checkpoint } from './checkpoint.ts'
import type { From, SequencerPosition, To } from './position.ts'
import type { HeaderWatch } from './resume/header-watch.ts'

/** What every question takes. */
export interface QueryOptions {
  /** Ends the wait; its reason is thrown. */
  readonly signal?: AbortSignal | undefined
}

/** What every iteration takes. */
export interface ReadOptions {
  /** Ends the iteration, see `onAbort`. */
  readonly signal?: AbortSignal | undefined
  /**
   * What a signal does, this one or the client's: its reason is thrown (default), or the iteration is done, as after
   * `break`. Closing the client does the same.
   */
  readonly onAbort?: 'throw' | 'return' | undefined
  /** `false`: end at the head that the header shows when the iteration starts (default `true`). */
  readonly follow?: boolean | undefined
  /**
   * Look the first entry at the head up before it is delivered: the original Go server sends a stale or uncommitted one
   * there (default: only where `boundaries` were asked for and not understood).
   */
  readonly verifyHead?: boolean | undefined
}

/** What `entries` and `batches` take. */
export interface IterationOptions extends ReadOptions {
  /** Where to start (default 0, the first entry). */
  readonly from?: From | undefined
  /** Last entry, included (default: none). */
  readonly to?: To | undefined
  /**
   * Only entries of these types, 1 to 64 of them (default: all). A server that knows filters sends no others; what another
   * sends is left out here.
   */
  readonly types?: readonly number[] | undefined
}

/** What `events` takes. */
export interface EventsOptions extends Omit<IterationOptions, 'from'> {
  /**
   * Where to start (default 0, the first entry). After a list of checkpoints, in any order: after the newest that the
   * stream still has. Whenever history was rewritten, also while the iteration runs, a `rewound` event says to which one
   * it goes back, one of the list or of what was delivered since; without a list, that is a `TruncatedError`.
   */
  readonly from?: From | { readonly after: readonly Checkpoint[] } | undefined
  /** Ask for operation boundaries (default `false`). docs/spec/protocol.md §7. */
  readonly boundaries?: boolean | undefined
  /**
   * Ask for signatures, and have them as events (default: only those that prove entries, where the client has a `publicKey`).
   * docs/spec/protocol.md §12.
   */
  readonly signatures?: boolean | undefined
  /**
   * Have the header at every interval, on the connection for questions, also while entries come (default: it is asked for
   * only if the stream is silent, see `headCheckMs`).
   */
  readonly headers?: HeaderWatch | undefined
}

/** What `blocks` takes. */
export interface BlocksOptions extends ReadOptions, BlockLimits {
  /** Where to start (default 0, the first entry). A block that begins before it is not given. */
  readonly from?: EntriesFrom | SequencerPosition | undefined
  /** Start after this checkpoint, if there is one; the server must still have what it was made of. */
  readonly after?: Checkpoint | undefined
  /** Last block, included (default: none). */
  readonly to?: { readonly block: U64 } | undefined
  /** How entries are encoded (default: what the header suggests, or the first bookmark says). */
  readonly generation?: Generation | undefined
}

/** What `blockEvents` takes. */
export interface BlockEventsOptions extends Omit<BlocksOptions, 'after'> {
  /**
   * Checkpoints of blocks, in any order: start after the newest that the stream still has; at `from` if it has none of
   * them, or the list is empty. A history that is rewritten later is followed in the same way.
   */
  readonly after: readonly Checkpoint[]
}

import type { Entry, Header, SignedDigest, StreamError } from '@datastreamer/format'
import type { Checkpoint } from '../checkpoint.ts'

/** History was rewritten: what was delivered is no longer the stream's, but for its beginning. */
export interface Rewound {
  readonly kind: 'rewound'
  /** The newest checkpoint that the stream still has; `undefined`: none, all begins anew. */
  readonly to: Checkpoint | undefined
  /** The entry that comes next. What was made of this entry and of those after it has to be undone. */
  readonly nextEntry: bigint
}

/** What happens to an iteration, in order. */
export type StreamEvent =
  /**
   * A connection streams, and the server has the entry that was delivered last. `boundaries`: whether it sends operation
   * boundaries; `compression`: whether it may compress; `signatures`: whether it sends signatures.
   */
  | {
      readonly kind: 'connected'
      readonly header: Header
      readonly boundaries: boolean
      readonly compression: boolean
      readonly signatures: boolean
    }
  /**
   * Entries come from the history from here on, which has the entry that was delivered last; `header` stands where it ends.
   * After that a connection takes over, and says so by `connected`.
   */
  | { readonly kind: 'history'; readonly header: Header }
  /** The next entries, one or more, consecutive but for entries of other types than asked for; each entry comes once. */
  | { readonly kind: 'entries'; readonly entries: readonly Entry[] }
  /**
   * An operation of the source ended before entry `nextEntry`, which is the one after the last delivered. With `gap`, it
   * is unknown where operations end from here on up to the next such event. Reported again after a reconnection.
   * docs/spec/protocol.md §7.
   */
  | { readonly kind: 'operationBoundary'; readonly nextEntry: bigint; readonly gap: boolean }
  /**
   * Only with `types`: no more entries of these types stand before entry `nextEntry`. `checkpoint` is that of the entry before
   * it, of whatever type: going on after it takes up where the server has looked.
   */
  | { readonly kind: 'progress'; readonly nextEntry: bigint; readonly checkpoint: Checkpoint }
  /**
   * Somebody vouches for all entries before `nextEntry`. With a `publicKey` that is its owner, and they were delivered; without,
   * nothing of it was looked at, and they may be yet to come. docs/spec/protocol.md §12.
   */
  | ({ readonly kind: 'signed' } & SignedDigest)
  /**
   * An attempt failed, dialling included, to the `server` or to the history; the next begins after `retryInMs`. What the history
   * could not give at last comes from the server.
   */
  | {
      readonly kind: 'disconnected'
      readonly source: 'server' | 'history'
      readonly error: StreamError
      readonly retryInMs: number
    }

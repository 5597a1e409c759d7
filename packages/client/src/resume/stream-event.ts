import type { Entry, Header } from '@datastreamer/format'
import type { Checkpoint } from '../checkpoint.ts'
import type { ConnectionError, ProtocolError } from '../errors.ts'

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
   * boundaries; `compression`: whether it may compress.
   */
  | {
      readonly kind: 'connected'
      readonly header: Header
      readonly boundaries: boolean
      readonly compression: boolean
    }
  /** The next entries, one or more, consecutive; each entry comes once. */
  | { readonly kind: 'entries'; readonly entries: readonly Entry[] }
  /**
   * An operation of the source ended before entry `nextEntry`, which is the one after the last delivered. With `gap`, it
   * is unknown where operations end from here on up to the next such event. Reported again after a reconnection.
   * docs/spec/protocol.md §7.
   */
  | { readonly kind: 'operationBoundary'; readonly nextEntry: bigint; readonly gap: boolean }
  /** An attempt failed, dialling included; the next begins after `retryInMs`. */
  | { readonly kind: 'disconnected'; readonly error: ConnectionError | ProtocolError; readonly retryInMs: number }

import type { EpochLeaf, SegmentLeaf } from '../leaf/leaf.ts'
import type { Reach } from './lag.ts'

/** What happens while a history is published. `reach` is where the history ends then. */
export type PublishEvent =
  /** The history has all that the state has: the stream is read on from there. Also after an interruption. */
  | { readonly kind: 'resumed'; readonly size: number; readonly reach: Reach }
  /** A segment is kept in the state: the leaf at this index is made. */
  | { readonly kind: 'sealed'; readonly index: number; readonly leaf: SegmentLeaf }
  /** The stream went on differently: an epoch begins. */
  | { readonly kind: 'epoch'; readonly index: number; readonly leaf: EpochLeaf }
  /** A checkpoint is written. */
  | { readonly kind: 'published'; readonly size: number; readonly reach: Reach }
  /** The checkpoint was read again some time later, and is still the newest. */
  | { readonly kind: 'confirmed'; readonly size: number }
  /** The history had an older checkpoint than the state: the newest checkpoint is written again. */
  | { readonly kind: 'rewritten'; readonly size: number; readonly found: number }
  /** Tiles of the newest checkpoint were others, and are written again. */
  | { readonly kind: 'repaired'; readonly size: number; readonly keys: readonly string[] }
  /** Another publisher, or this one before it lost its state, published leaves of the same entries. */
  | { readonly kind: 'adopted'; readonly size: number; readonly from: number; readonly reach: Reach }
  /** The history has entries that the stream does not have yet. */
  | { readonly kind: 'waiting'; readonly size: number; readonly forEntry: bigint }
  /** A request failed and is made again. */
  | { readonly kind: 'failed'; readonly what: string; readonly error: unknown; readonly retryInMs: number }

export type OnPublishEvent = (event: PublishEvent) => void

import type { RecordRow, SegmentBlocks } from '../layout-2/stream-index.ts'
import type { IdentityFields } from '../segment/header.ts'
import { hexOf, type StreamPoint } from '../segment/point.ts'

/** Opens an epoch: the stream goes on from an entry on, whatever older leaves say of later ones. docs/spec/history.md §3.1. */
export interface EpochLeaf {
  readonly kind: 'epoch'
  readonly epoch: number
  /** Where the epoch's first segment begins. */
  readonly start: StreamPoint
  readonly identity: IdentityFields
}

/** Describes a segment: what it holds and what its bytes are. docs/spec/history.md §3.2. */
export interface SegmentLeaf {
  readonly kind: 'segment'
  readonly epoch: number
  readonly start: StreamPoint
  readonly end: StreamPoint
  /** Bytes of the file. */
  readonly bytes: number
  /** SHA-256 of the file. */
  readonly sha256: Uint8Array
  /** Root of the tree of its pieces. */
  readonly root: Uint8Array
  readonly blocks: SegmentBlocks
  readonly records: readonly RecordRow[]
}

export type Leaf = EpochLeaf | SegmentLeaf

/** Where the stream is after a leaf. */
export function endOf(leaf: Leaf): StreamPoint {
  return leaf.kind === 'epoch' ? leaf.start : leaf.end
}

/** The key of a segment. docs/spec/history.md §1. */
export function segmentKey({ start, end, sha256 }: Pick<SegmentLeaf, 'start' | 'end' | 'sha256'>): string {
  return `segment/${tenDigits(start.number)}-${tenDigits(end.number)}-${hexOf(sha256.subarray(0, 8))}.e2ds`
}

function tenDigits(number: bigint): string {
  return String(number).padStart(10, '0')
}

import { viewOf } from '@datastreamer/format'
import type { StreamPoint } from '../segment/point.ts'
import type { EpochLeaf, Leaf, SegmentLeaf } from './leaf.ts'

export const LEAF_VERSION = 1
export const LeafKind = { segment: 1, epoch: 2 } as const
export const EPOCH_BYTES = 80
/** Bytes of a segment's leaf before its rows. */
export const SEGMENT_BYTES = 224
export const ROW_BYTES = 12

/** Encode a leaf, in its only encoding. @see docs/spec/history.md §3 */
export function encodeLeaf(leaf: Leaf): Uint8Array {
  return leaf.kind === 'epoch' ? encodeEpoch(leaf) : encodeSegment(leaf)
}

function encodeEpoch({ epoch, start, identity }: EpochLeaf): Uint8Array {
  const out = begin(EPOCH_BYTES, LeafKind.epoch, epoch)
  const view = viewOf(out)
  view.setBigUint64(8, start.number, true)
  view.setBigUint64(16, BigInt(start.position), true)
  out.set(start.digest, 24)
  view.setUint8(56, identity.generation)
  view.setUint8(57, identity.version)
  view.setBigUint64(64, identity.systemId, true)
  view.setBigUint64(72, identity.streamType, true)
  return out
}

function encodeSegment({ epoch, start, end, bytes, sha256, root, blocks, records }: SegmentLeaf): Uint8Array {
  const out = begin(SEGMENT_BYTES + ROW_BYTES * records.length, LeafKind.segment, epoch)
  const view = viewOf(out)
  const putPoint = ({ number, position, digest }: StreamPoint, at: number, digestAt: number): void => {
    view.setBigUint64(at, number, true)
    view.setBigUint64(at + 16, BigInt(position), true)
    out.set(digest, digestAt)
  }
  putPoint(start, 8, 80)
  putPoint(end, 16, 112)
  view.setBigUint64(40, BigInt(bytes), true)
  out.set(sha256, 48)
  out.set(root, 144)
  view.setBigUint64(176, blocks.first, true)
  view.setUint32(184, blocks.count, true)
  view.setUint32(188, records.length, true)
  view.setBigUint64(192, blocks.firstBatch, true)
  view.setBigUint64(200, blocks.lastBatch, true)
  view.setBigUint64(208, blocks.firstTime, true)
  view.setBigUint64(216, blocks.lastTime, true)
  for (const [i, row] of records.entries()) {
    const at = SEGMENT_BYTES + ROW_BYTES * i
    view.setUint32(at, row.bytes, true)
    view.setUint32(at + 4, row.entries, true)
    view.setUint32(at + 8, row.blocks, true)
  }
  return out
}

function begin(length: number, kind: number, epoch: number): Uint8Array {
  const out = new Uint8Array(length)
  out[0] = LEAF_VERSION
  out[1] = kind
  viewOf(out).setUint32(4, epoch, true)
  return out
}

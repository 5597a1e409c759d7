import type { Header } from '@datastreamer/format'
import { HistoryError } from '../leaf/history-error.ts'
import { endOf, type SegmentLeaf } from '../leaf/leaf.ts'
import type { LeafIndex } from './leaf-index.ts'

/** A checkpoint that was verified, and its signed note. */
export interface KnownCheckpoint {
  /** Which log it is of. */
  readonly origin: string
  /** Leaves. */
  readonly size: number
  readonly root: Uint8Array
  /** The whole note. */
  readonly note: string
}

/** What a history has by one checkpoint. It never changes. */
export interface Snapshot {
  readonly checkpoint: KnownCheckpoint
  readonly index: LeafIndex
  readonly header: Header
  /** Number of the first entry that it does not have. */
  readonly end: bigint
}

export function snapshotOf(checkpoint: KnownCheckpoint, index: LeafIndex): Snapshot {
  const { number, position } = endOf(index.last)
  return { checkpoint, index, header: { ...index.identity, totalEntries: number, totalLength: position }, end: number }
}

/** The segment, if it has the entry. @throws {HistoryError} `BROKEN_CHAIN` */
export function holding(leaf: SegmentLeaf | undefined, entry: bigint): SegmentLeaf {
  if (leaf !== undefined && leaf.start.number <= entry && entry < leaf.end.number) return leaf
  throw new HistoryError('BROKEN_CHAIN', `no valid segment has entry ${entry}, which the history ends after`)
}

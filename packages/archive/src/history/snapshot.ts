import type { Header } from '@datastreamer/format'
import { endOf } from '../leaf/leaf.ts'
import type { Checkpoint } from './interim.ts'
import type { LeafIndex } from './leaf-index.ts'

/** A checkpoint that was verified, and its signed note. */
export interface KnownCheckpoint extends Checkpoint {
  /** As it was signed. */
  readonly note: Uint8Array
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

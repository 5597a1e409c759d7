import { pagesOf, recordPosition } from '../layout-2/pieces.ts'
import type { SegmentLeaf } from '../leaf/leaf.ts'

/** A record of a segment, by the rows of its leaf. */
export interface RecordSlot {
  readonly leaf: SegmentLeaf
  /** Which record of the segment. */
  readonly index: number
  /** Number of its first entry. */
  readonly first: bigint
  readonly entries: number
  /** Position in the file. */
  readonly position: number
  /** Bytes in the file. */
  readonly bytes: number
  /** L2 blocks that begin before it in the segment. */
  readonly blocksBefore: number
  /** L2 blocks that begin in it. */
  readonly blocks: number
}

/** Consecutive records of a segment, to be had with one request. */
export interface RecordGroup {
  readonly slots: readonly RecordSlot[]
  /** Bytes of all of them. */
  readonly bytes: number
}

/** The records of a segment. */
export function recordSlots(leaf: SegmentLeaf): RecordSlot[] {
  let [position, first, blocksBefore] = [recordPosition(leaf.records, 0), leaf.start.number, 0]
  return leaf.records.map(({ bytes, entries, blocks }, index) => {
    const slot = { leaf, index, first, entries, position, bytes, blocksBefore, blocks }
    position += bytes
    first += BigInt(entries)
    blocksBefore += blocks
    return slot
  })
}

/** Number of the entry after the last one of a record. */
export function endOfSlot({ first, entries }: RecordSlot): bigint {
  return first + BigInt(entries)
}

/** Split records into groups of up to `maxBytes`, or of one record. `nextMax` is asked before each group. */
export function* groupSlots(slots: readonly RecordSlot[], nextMax: () => number): Generator<RecordGroup, void, void> {
  let group: RecordSlot[] = []
  let [bytes, max] = [0, nextMax()]
  for (const slot of slots) {
    if (group.length > 0 && bytes + slot.bytes > max) {
      yield { slots: group, bytes }
      group = []
      bytes = 0
      max = nextMax()
    }
    group.push(slot)
    bytes += slot.bytes
  }
  if (group.length > 0) yield { slots: group, bytes }
}

/** Pieces of a segment: its records, and its pages of bookmarks. @throws {SegmentError} `BAD_INDEX` */
export function piecesOf({ records, bytes }: SegmentLeaf): number {
  return records.length + pagesOf(records, bytes)
}

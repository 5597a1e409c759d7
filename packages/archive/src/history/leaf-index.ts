import type { Signal } from '@datastreamer/format'
import type { Leaf, SegmentLeaf } from '../leaf/leaf.ts'
import type { LowestNumbers } from '../leaf/lookup.ts'
import type { IdentityFields } from '../segment/header.ts'
import type { StreamPoint } from '../segment/point.ts'

/** By what a segment is looked for: the first of its entries, blocks, batches or times. */
export type LeafNumber = keyof LowestNumbers

/** The leaves of a log of a certain size. What it says is as true as the root of the log. */
export interface LeafIndex {
  readonly identity: IdentityFields
  /** The last leaf: it ends the stream. */
  readonly last: Leaf
  /**
   * The valid segment that is the last to begin with a number up to `value`: of those that have blocks, unless entries
   * are looked for. `undefined` if all begin later.
   */
  find(by: LeafNumber, value: bigint, signal?: Signal): Promise<SegmentLeaf | undefined>
  /** The root of the log when it had so many leaves. */
  rootOf(size: number, signal?: Signal): Promise<Uint8Array>
  /** The first entries of the epochs, in order of the leaves. */
  epochStarts(signal?: Signal): Promise<readonly StreamPoint[]>
  /** All valid segments, in the order of the stream. */
  segments(signal?: Signal): Promise<readonly SegmentLeaf[]>
}

/** The number that a segment begins with; `undefined` if it has no blocks, and these are asked for. */
export function firstNumberOf({ start, blocks }: SegmentLeaf, by: LeafNumber): bigint | undefined {
  if (by === 'entry') return start.number
  if (blocks.count === 0) return undefined
  return by === 'block' ? blocks.first : by === 'batch' ? blocks.firstBatch : blocks.firstTime
}

/** Index of the last of sorted items whose number is `value` or less, -1 if there is none. */
export function lastUpTo<T>(items: readonly T[], value: bigint, numberOf: (item: T) => bigint): number {
  let [low, high] = [0, items.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    const item = items[middle]
    if (item !== undefined && numberOf(item) <= value) low = middle + 1
    else high = middle
  }
  return low - 1
}

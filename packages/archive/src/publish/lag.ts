import type { SegmentBlocks } from '../layout-2/stream-index.ts'

/** How much longer than the end of a segment a stream has to be before it is sealed: in entries, or in L2 blocks. */
export type Lag = { readonly entries: number } | { readonly blocks: number }

/** A place in a stream, in entries and blocks. */
export interface Reach {
  /** Number of the next entry. */
  readonly nextEntry: bigint
  /** Number of the last L2 block that began before it; `undefined` if there was none, or it is not known. */
  readonly block: bigint | undefined
}

/** Whether a stream that reaches to `head` is longer by the lag than its segment that ends at `end`. */
export function isPast(end: Reach, head: Reach, lag: Lag): boolean {
  if ('entries' in lag) return head.nextEntry >= end.nextEntry + BigInt(lag.entries)
  if (lag.blocks === 0) return true
  return head.block !== undefined && head.block >= (end.block ?? 0n) + BigInt(lag.blocks)
}

/** The last block of a segment, or that before it if none begins in it. */
export function lastBlockOf({ first, count }: SegmentBlocks, before: bigint | undefined): bigint | undefined {
  return count === 0 ? before : first + BigInt(count) - 1n
}

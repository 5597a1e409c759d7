import { HEADER_PAGE_BYTES } from '@datastreamer/format'

/** Up to where the log is committed: always between two atomic operations. docs/spec/stream-file.md §4. */
export interface CommitPoint {
  /** Bytes of the file in use, header page and padding included. */
  readonly totalLength: number
  /** Number of entries, which is the number of the next one. */
  readonly totalEntries: bigint
}

/** Of a stream without entries. */
export const START: CommitPoint = { totalLength: HEADER_PAGE_BYTES, totalEntries: 0n }

/** The point that something stands at, or ends with, without what else it says. */
export function pointOf({ totalLength, totalEntries }: CommitPoint): CommitPoint {
  return { totalLength, totalEntries }
}

export function samePoint(a: CommitPoint, b: CommitPoint): boolean {
  return a.totalLength === b.totalLength && a.totalEntries === b.totalEntries
}

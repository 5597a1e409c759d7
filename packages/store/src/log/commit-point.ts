import { HEADER_PAGE_BYTES } from '@datastreamer/format'

/** The end of the committed log: always an operation boundary. docs/spec/stream-file.md §4. */
export interface CommitPoint {
  /** Bytes of the file in use, header page and padding included. */
  readonly totalLength: number
  /** Number of entries, and so the number of the next one. */
  readonly totalEntries: bigint
}

/** The commit point of a stream without entries. */
export const START: CommitPoint = { totalLength: HEADER_PAGE_BYTES, totalEntries: 0n }

/** Only the commit point of a header, record or checkpoint. */
export function pointOf({ totalLength, totalEntries }: CommitPoint): CommitPoint {
  return { totalLength, totalEntries }
}

export function samePoint(a: CommitPoint, b: CommitPoint): boolean {
  return a.totalLength === b.totalLength && a.totalEntries === b.totalEntries
}

/** Whether `a` has fewer entries or bytes than `b`: the log was truncated in between. */
export function isBefore(a: CommitPoint, b: CommitPoint): boolean {
  return a.totalEntries < b.totalEntries || a.totalLength < b.totalLength
}

import type { CommitPoint } from './commit-point.ts'

/** A range of whole consecutive entries of the log, with the padding around them. */
export interface EntryRange {
  readonly from: CommitPoint
  /** After the last of them. */
  readonly to: CommitPoint
}

/** `entries 2 to 3, bytes 100 to 199`. */
export function rangeText({ from, to }: EntryRange): string {
  const bytes = `bytes ${from.totalLength} to ${to.totalLength - 1}`
  const last = to.totalEntries - 1n
  if (last < from.totalEntries) return `padding before entry ${to.totalEntries}, ${bytes}`
  const entries = last === from.totalEntries ? `entry ${last}` : `entries ${from.totalEntries} to ${last}`
  return `${entries}, ${bytes}`
}

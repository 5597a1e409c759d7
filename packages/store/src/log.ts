export type { BookmarkIndex, BookmarkPut, SearchedIndex } from './bookmarks/bookmark-index.ts'
export { findBookmark, firstEventAfter, scanForBookmark } from './bookmarks/find-bookmark.ts'
export { MemoryIndex } from './bookmarks/memory-index.ts'
export { scanBookmarks } from './bookmarks/scan.ts'
export { type BoundariesAround, BoundarySequence } from './log/boundary-sequence.ts'
export type { CommitPoint } from './log/commit-point.ts'
export { DamagedRanges } from './log/damaged-ranges.ts'
export { type EntryRange, rangeText } from './log/entry-range.ts'
export { boundaryAt, type KnownBoundaries, lastWithin, NO_BOUNDARIES } from './log/known-boundaries.ts'
export { LogCursor } from './log/log-cursor.ts'
export { type LogReplica, type LogReplicaOptions, openReplica } from './log/log-replica.ts'
export {
  type LogUpdate,
  type ReplicaStart,
  receivedError,
  type SentError,
  type SharedPage,
  sentError,
} from './log/log-update.ts'
export type { LogListener, ReadableLog, RunOptions } from './log/readable-log.ts'
export type { ReplicaLink } from './log/replicas.ts'
export type { KnownRun, LogPosition, LogRun } from './log/run-reader.ts'
export type { StreamLog } from './log/stream-log.ts'
export type { Truncations } from './log/truncations.ts'

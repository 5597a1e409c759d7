export type { StreamWriter } from '@datastreamer/format/source'
export { bookmarkFolder } from './bookmarks/bookmark-folder.ts'
export type { BookmarkIndex, BookmarkPut } from './bookmarks/bookmark-index.ts'
export { findBookmark, firstEventAfter, scanForBookmark } from './bookmarks/find-bookmark.ts'
export { type UnusableIndexCode, UnusableIndexError } from './bookmarks/index-errors.ts'
export { type LevelIndexOptions, openLevelIndex } from './bookmarks/level-index.ts'
export { MemoryIndex } from './bookmarks/memory-index.ts'
export { catchUpIndex, type RebuildOptions, rebuildIndex } from './bookmarks/rebuild-index.ts'
export { type IndexLogOptions, indexLog } from './bookmarks/scan.ts'
export { compareAround } from './check/compare-around.ts'
export { RecoveryError, type RecoveryErrorCode } from './check/errors.ts'
export { markDamaged, takeOverChanges } from './check/judge-damage.ts'
export type { Boundaries } from './check/page-walk.ts'
export type { RecoverOptions } from './check/planned.ts'
export { type Recovery, recoverStream } from './check/recover.ts'
export { planRecovery, type RecoveryPlan } from './check/recovery-plan.ts'
export { type ReindexOptions, reindexStream } from './check/reindex.ts'
export { type EntrySource, type Replacement, replaceDamaged } from './check/replace-damaged.ts'
export { planTruncation, type TruncationOptions, type TruncationPlan, truncateStream } from './check/truncation.ts'
export { type VerifyEvent, type VerifyOptions, type VerifySummary, verifyStream } from './check/verify.ts'
export { type Disk, type DiskFile, writeAll } from './disk/disk.ts'
export type { LockReach } from './disk/file-lock.ts'
export { mustBeFile } from './disk/must-be-file.ts'
export { nodeDisk } from './disk/node-disk.ts'
export {
  changedNothing,
  type DamageCode,
  DamageError,
  type DamagePlace,
  DiskError,
  type DiskErrorCode,
  LockedError,
  type RefusalCode,
  RefusedError,
} from './errors.ts'
export type { CommitPoint } from './log/commit-point.ts'
export { DamagedRanges, type EntryRange, rangeText } from './log/damaged-ranges.ts'
export type { LogListener, ReadableLog, RunOptions } from './log/readable-log.ts'
export type { LogPosition, LogRun } from './log/run-reader.ts'
export { type LogOptions, StreamLog } from './log/stream-log.ts'
export { openReader, type ReaderOptions } from './reader/open-reader.ts'
export { type ReaderParts, StreamReader } from './reader/stream-reader.ts'
export { type Clock, systemClock } from './scrub/clock.ts'
export type { ScrubOptions, ScrubStatus } from './scrub/scrubber.ts'
export { checkProtection, UnprotectedError } from './source/protection.ts'
export {
  onSourceEvent,
  SOURCE_CHANNEL,
  type SourceCloseReason,
  type SourceEvent,
  type SourceEventDetails,
} from './source/source-events.ts'
export type { SourceCounters, SourceServerOptions, SourceStatus, SourceTally } from './source/source-options.ts'
export { SourceServer } from './source/source-server.ts'
export type { Fsync } from './store/checkpointer.ts'
export { CommitEnds } from './store/commit-ends.ts'
export type { StoreEvent } from './store/events.ts'
export { type LockedFile, openLocked } from './store/open-locked.ts'
export { openStore, type StoreOptions } from './store/open-store.ts'
export type { CommitGroup, CommitResult } from './store/operation.ts'
export { commitLogPath } from './store/paths.ts'
export type { StoreLimits, StoreParts } from './store/store-parts.ts'
export type { StreamIdentity } from './store/stream-file.ts'
export { StreamStore } from './store/stream-store.ts'
export { descriptorLimit, roomForClients } from './tcp/descriptors.ts'
export { Lobby, type LobbyOptions } from './tcp/lobby.ts'
export type { OperationEnds } from './tcp/operation-marks.ts'
export {
  type CloseReason,
  type EventDetails,
  onServerEvent,
  type RejectReason,
  SERVER_CHANNEL,
  type ServerEvent,
} from './tcp/server-events.ts'
export type { CloseOptions, ListenOptions, ServerTlsOptions, StreamServerOptions } from './tcp/server-options.ts'
export type { ConnectionStatus, ServerCounters } from './tcp/server-status.ts'
export { StreamServer } from './tcp/stream-server.ts'

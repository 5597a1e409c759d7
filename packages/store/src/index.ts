export type { CommitResult, StreamWriter } from '@datastreamer/format/source'
export { bookmarkFolder } from './bookmarks/bookmark-folder.ts'
export { type UnusableIndexCode, UnusableIndexError } from './bookmarks/index-errors.ts'
export type { CommittedBoundaries } from './commit-log/committed-boundaries.ts'
export { type Disk, type DiskFile, readExactly, writeAll } from './disk/disk.ts'
export {
  changedNothing,
  DiskError,
  type DiskErrorCode,
  LockedError,
  type RefusalCode,
  RefusedError,
} from './disk/errors.ts'
export { nodeDisk } from './disk/node-disk.ts'
export { openLocked } from './disk/open-locked.ts'
export { type DamageCode, DamageError, type DamageLocation } from './log/damage-error.ts'
export { commitLogPath, signaturesPath } from './log/paths.ts'
export type { StreamIdentity } from './log/stream-identity.ts'
export type { StreamReader } from './lookup/stream-reader.ts'
export { openReader, type ReaderOptions } from './reader/open-reader.ts'
export type { ScrubOptions, ScrubStatus } from './scrub/scrubber.ts'
export type { AtomicOperation } from './store/atomic.ts'
export { openStore } from './store/open-store.ts'
export type { StoreOptions } from './store/store-options.ts'
export type { StreamStore } from './store/stream-store.ts'
export type { Fsync } from './write/checkpointer.ts'
export type { StoreEvent } from './write/events.ts'
export type { CommitGroup } from './write/operation.ts'

import { StreamError } from '@datastreamer/format'

/** Why a call was refused. The store is unchanged. */
export type RefusalCode =
  | 'ATOMIC_OP_IN_PROGRESS'
  | 'NO_ATOMIC_OP'
  /** The file is being truncated; try again when that is done. */
  | 'TRUNCATE_IN_PROGRESS'
  /** An earlier commit that the operation follows has failed. Roll it back and start again. */
  | 'ATOMIC_OP_FAILED'
  | 'ENTRY_TOO_LARGE'
  | 'BAD_ENTRY_TYPE'
  | 'BAD_BOOKMARK'
  | 'BOOKMARK_NOT_FOUND'
  | 'ENTRY_NOT_FOUND'
  /** The file begins late, and the entry is before its first one. */
  | 'BEFORE_BASE'
  /** An update may change neither the type nor the length of an entry. */
  | 'ENTRY_DIFFERS'
  /** The file holds a stream of another version or system than requested. */
  | 'STREAM_DIFFERS'
  /** The file must exist, and does not. */
  | 'FILE_NOT_FOUND'
  /** A symbolic link on the path has no target. */
  | 'LEADS_NOWHERE'
  /** It is a folder, pipe, socket or device. */
  | 'NOT_A_FILE'
  /** The name is that of a commit log or of another file that the store keeps beside a stream. */
  | 'RESERVED_NAME'
  /** Something else has the name of a file that belongs beside the stream. */
  | 'IN_THE_WAY'
  /** The file system does not support locks. */
  | 'CANNOT_LOCK'
  /** The second bookmark is before the first. */
  | 'RANGE_REVERSED'
  /** More bytes wait for the disk than allowed; wait for `writable()`. */
  | 'TOO_MUCH_PENDING'
  | 'CLOSED'

/** The call cannot be carried out now, or at all. */
export class RefusedError extends StreamError<RefusalCode> {
  override readonly name: string = 'RefusedError'
}

/** Another process, or another store in this one, writes the file. */
export class LockedError extends StreamError<'LOCKED'> {
  override readonly name: string = 'LockedError'
  override readonly retryable = true
}

/** Why the disk failed. */
export type DiskErrorCode =
  /** Nothing of the operation is in the file; it may be retried. */
  | 'WRITE_FAILED'
  /** The disk failed while the commit point was written: only reopening the file shows whether it was committed. */
  | 'OUTCOME_UNKNOWN'
  /** After an earlier failure the store cannot write until it is reopened; reading goes on. */
  | 'STORE_BROKEN'
  /**
   * The path leads to another file than the one that is open, or to none. A reader reopens it; a writer has written
   * nothing, and goes on when the file is back.
   */
  | 'FILE_REPLACED'
  /** Another program has written the file although it is locked. Nothing was written. */
  | 'FOREIGN_WRITER'
  /** The disk space of bytes that are no longer needed cannot be freed here; all else goes on. */
  | 'CANNOT_FREE'

/** The disk failed (full, broken); `cause` holds the system's error. */
export class DiskError extends StreamError<DiskErrorCode> {
  override readonly name: string = 'DiskError'
  override readonly retryable = true
}

/** Whether a write failed without changing anything, so that it may be retried. */
export function changedNothing(error: unknown): error is DiskError {
  if (!(error instanceof DiskError)) return false
  return error.code === 'WRITE_FAILED' || error.code === 'FILE_REPLACED' || error.code === 'FOREIGN_WRITER'
}

import { StreamError } from '@datastreamer/format'

/** Why a call was refused. The store is as it was before. */
export type RefusalCode =
  | 'ATOMIC_OP_IN_PROGRESS'
  | 'NO_ATOMIC_OP'
  /** The file is being truncated; try again when that is done. */
  | 'TRUNCATE_IN_PROGRESS'
  /** The operation cannot go on: an earlier commit that it follows has failed. Roll it back and start again. */
  | 'ATOMIC_OP_FAILED'
  | 'ENTRY_TOO_LARGE'
  | 'BAD_ENTRY_TYPE'
  | 'BAD_BOOKMARK'
  | 'BOOKMARK_NOT_FOUND'
  | 'ENTRY_NOT_FOUND'
  /** An update may change neither the type nor the length of an entry. */
  | 'ENTRY_DIFFERS'
  /** The file holds a stream of another version or system than asked for. */
  | 'STREAM_DIFFERS'
  /** The file must be there already, and is not. */
  | 'FILE_NOT_FOUND'
  /** A symbolic link on the way to the file leads to nothing. */
  | 'LEADS_NOWHERE'
  /** It is a folder, pipe, socket or device. */
  | 'NOT_A_FILE'
  /** A stream of that name would lie where its own commit log, or another file beside it, does. */
  | 'RESERVED_NAME'
  /** Where a file beside the stream would be, something else is. */
  | 'IN_THE_WAY'
  /** The file lies where the system locks no files. */
  | 'CANNOT_LOCK'
  /** The second bookmark stands before the first. */
  | 'RANGE_REVERSED'
  /** More bytes wait for the disk than allowed; wait for `writable()`. */
  | 'TOO_MUCH_PENDING'
  | 'CLOSED'

/** The caller asked for what cannot be done now, or at all. */
export class RefusedError extends StreamError<RefusalCode> {
  override readonly name: string = 'RefusedError'
}

/** Another process, or another store of this one, writes the file. */
export class LockedError extends StreamError<'LOCKED'> {
  override readonly name: string = 'LockedError'
  override readonly retryable = true
}

/** Why the disk failed. */
export type DiskErrorCode =
  /** Nothing of the operation is in the file; it may be tried again. */
  | 'WRITE_FAILED'
  /** The disk failed while the commit point was written: only opening the file again tells which side it stands on. */
  | 'OUTCOME_UNKNOWN'
  /** An earlier failure left the store unfit for writing until it is opened again; reading goes on. */
  | 'STORE_BROKEN'
  /**
   * Another file stands in the place of the one that is open, or none. A reader opens it again; a writer has written
   * nothing, and goes on when the file is back.
   */
  | 'FILE_REPLACED'
  /** Another program has written the file, although it is locked. Nothing was written. */
  | 'FOREIGN_WRITER'

/** The disk failed (full, broken); `cause` holds the system's error. */
export class DiskError extends StreamError<DiskErrorCode> {
  override readonly name: string = 'DiskError'
  override readonly retryable = true
}

/** Whether a write failed without having changed anything, so that it may be tried again. */
export function changedNothing(error: unknown): error is DiskError {
  if (!(error instanceof DiskError)) return false
  return error.code === 'WRITE_FAILED' || error.code === 'FILE_REPLACED' || error.code === 'FOREIGN_WRITER'
}

import { StreamError } from '@datastreamer/format'

/** Why a file cannot be recovered now. */
export type RecoveryErrorCode =
  /** An update in place was interrupted: opening the file for writing finishes it. */
  | 'UPDATE_PENDING'
  /** The file has changed since the recovery was planned: plan it again. */
  | 'FILE_CHANGED'
  /** Not every entry can be read: marking the damage or taking it over would leave the file unreadable. */
  | 'NOT_WHOLE'
  /** The entry source has another stream, or does not have the entries. */
  | 'SOURCE_DIFFERS'
  /** The bytes to remove cannot be copied first, mostly because the disk is full. */
  | 'NOT_KEPT'

/** The file cannot be recovered as requested; it was not changed. */
export class RecoveryError extends StreamError<RecoveryErrorCode> {
  override readonly name: string = 'RecoveryError'
}

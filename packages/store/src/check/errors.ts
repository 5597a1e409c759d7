import { StreamError } from '@datastreamer/format'

/** Why a file cannot be recovered now. */
export type RecoveryErrorCode =
  /** An update in place was interrupted: opening the file for writing finishes it. */
  | 'UPDATE_PENDING'
  /** The file is not what it was when the recovery was planned: plan it again. */
  | 'FILE_CHANGED'
  /** Not every entry can be read: marking the damage or taking it over would leave the file unreadable. */
  | 'NOT_WHOLE'
  /** Where the file should get entries from is another stream, or does not have them. */
  | 'SOURCE_DIFFERS'
  /** What is to be removed cannot be copied first, mostly for want of room. */
  | 'NOT_KEPT'

/** The file cannot be recovered before something else is done; it was not touched. */
export class RecoveryError extends StreamError<RecoveryErrorCode> {
  override readonly name: string = 'RecoveryError'
}

import { E2StoreError } from '../errors.ts'

export type MirrorCode =
  /** No location lists any of the files that are wanted. */
  | 'NOTHING_LISTED'
  /** The disk has less room than the files need. */
  | 'NO_SPACE'
  /** Another run writes to the folder. */
  | 'IN_USE'
  /** Neither a name nor the caller says which network a file is of. */
  | 'NO_NETWORK'
  /** A file has no execution blocks. */
  | 'NO_BLOCKS'
  /** A file that would be replaced was made by something else. */
  | 'NOT_OURS'
  /** No bytes arrive. */
  | 'STALLED'
  /** Bytes arrive, but hardly any. */
  | 'TOO_SLOW'
  /** Fewer bytes than the file has. */
  | 'SHORT'
  /** More bytes than the file has. */
  | 'TOO_LONG'
  /** What was sent is no e2store file. */
  | 'NOT_E2STORE'
  /** The location cannot be read, or answers wrongly. */
  | 'UNREADABLE'
  /** Not the file that a list of checksums means. */
  | 'WRONG_SHA256'

/** A file cannot be mirrored as things are: from this location (`retryable`: now), or at all. */
export class MirrorError extends E2StoreError<MirrorCode> {
  override readonly name: string = 'MirrorError'
  override readonly retryable: boolean
  constructor(code: MirrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options)
    this.retryable = code === 'STALLED' || code === 'SHORT'
  }
}

import { StreamError } from '@datastreamer/format'

export type NoteErrorCode =
  /** The bytes are no signed note, or its text no checkpoint. */
  | 'MALFORMED'
  /** None of the keys that are trusted has signed it. */
  | 'NO_KNOWN_SIGNATURE'
  /** A signature under the name of a trusted key is not that of the key. */
  | 'INVALID_SIGNATURE'

/** A signed note cannot be trusted: read another copy of it. */
export class NoteError extends StreamError<NoteErrorCode> {
  override readonly name: string = 'NoteError'
}

export type TreeErrorCode =
  /** A tile or bundle is not there. */
  | 'MISSING'
  /** Hashes do not lead to the root. */
  | 'WRONG_HASH'
  /** A tile or bundle that cannot be one. */
  | 'MALFORMED'

/** A transparency log is not what its checkpoint says: read another copy of it. */
export class TreeError extends StreamError<TreeErrorCode> {
  override readonly name: string = 'TreeError'
  /** The object that is wrong, if one is known to be. */
  readonly path: string | undefined
  constructor(code: TreeErrorCode, message: string, options: ErrorOptions & { readonly path?: string } = {}) {
    super(code, message, options)
    this.path = options.path
  }
}

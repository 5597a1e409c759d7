import { StreamError } from '../errors.ts'

export type KeyErrorCode =
  /** The text is no key, or not of the kind that is wanted. */
  | 'BAD_KEY'
  /** The platform has no Ed25519 here: it is an old one, or a browser outside a secure context (https or localhost). */
  | 'NO_CRYPTO'

/** A key cannot be used: give another, or open the page over https, in a browser that is not too old. */
export class KeyError extends StreamError<KeyErrorCode> {
  override readonly name: string = 'KeyError'
}

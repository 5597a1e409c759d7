import { StreamError } from '../errors.ts'

export type KeyErrorCode =
  /** The text is no key, or not of the kind that is wanted. */
  | 'BAD_KEY'
  /** The platform has no cryptography here: browsers have it in secure contexts only (https or localhost). */
  | 'NO_CRYPTO'

/** A key cannot be used: give another, or open the page over https. */
export class KeyError extends StreamError<KeyErrorCode> {
  override readonly name: string = 'KeyError'
}

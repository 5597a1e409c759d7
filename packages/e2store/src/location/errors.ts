import { E2StoreError } from '../errors.ts'

export type LocationCode =
  /** The text is no address, or one of a kind that is not known. */
  | 'BAD_ADDRESS'
  /** The name of a file leads out of its folder. */
  | 'BAD_NAME'
  /** The server could not be reached, or the connection broke. */
  | 'UNREACHABLE'
  | 'TIMEOUT'
  /** There is no such file, or no such folder or bucket. */
  | 'NOT_FOUND'
  /** The server wants credentials, or others. */
  | 'DENIED'
  /** Any other status than one that means success. */
  | 'HTTP_STATUS'
  /** Redirected too often, to nowhere, or from https to http. */
  | 'BAD_REDIRECT'
  /** The server gives whole files only. */
  | 'NO_RANGES'
  /** The answer is not what was asked for: another range, another length, a web page. */
  | 'BAD_ANSWER'
  /** The file is another than when it was opened. */
  | 'CHANGED'
  /** The location shows no list that can be read. */
  | 'BAD_LISTING'
  /** Another content is stored under the key of an immutable object. */
  | 'CONFLICT'
  /** An object is larger than the caller takes. */
  | 'TOO_LARGE'
  /** An optional package is missing. */
  | 'NO_PACKAGE'

export interface LocationErrorOptions extends ErrorOptions {
  /** The status that the server answered. */
  readonly status?: number
  /** Whether the same request may work later. */
  readonly retryable?: boolean
  /** After how long, in milliseconds, if the server says so. */
  readonly retryAfterMs?: number | undefined
}

/** A location or a file in it cannot be read. The message names the address without credentials. */
export class LocationError extends E2StoreError<LocationCode> {
  override readonly name: string = 'LocationError'
  override readonly retryable: boolean
  readonly status: number | undefined
  readonly retryAfterMs: number | undefined
  constructor(code: LocationCode, message: string, options: LocationErrorOptions = {}) {
    super(code, message, options)
    this.retryable = options.retryable ?? false
    this.status = options.status
    this.retryAfterMs = options.retryAfterMs
  }
}

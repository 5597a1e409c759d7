import type { AbortLike } from '../abort.ts'

/**
 * A place that holds objects under keys: a folder, a web server, a bucket. Most never change once they are there.
 *
 * A key is 1 to 1024 bytes of UTF-8: names with slashes between them, like `tile/entries/x001/000.p/12`. No name is
 * empty, begins with a dot, is longer than 255 characters, or has a control character, `\` or `:`. All methods throw a
 * {@link LocationError} `BAD_NAME` for any other.
 */
export interface Objects extends AsyncDisposable {
  /** As it was named, without credentials. */
  readonly name: string
  /**
   * A whole object; `undefined` if it is not there. Over a network one request, more only if it fails in a way that may
   * pass.
   *
   * A server that answers 404 or 410 does not have it. One that answers 403 throws `DENIED`: a bucket that may not be
   * listed does so for a key that is not there, which cannot be told from one that may not be read.
   *
   * @throws {LocationError} `TOO_LARGE`: more than `maxBytes`; `BAD_ANSWER`, `DENIED`, `UNREACHABLE`, `TIMEOUT`, …
   */
  get(key: string, options: GetObjectOptions): Promise<Uint8Array | undefined>
  /**
   * The bytes from position `from` up to `to`, which is not included; `undefined` if the object is not there. Over a
   * network one request, more only if it fails in a way that may pass.
   *
   * @throws {RangeError} no range with a byte in it, or one that ends after `size`
   * @throws {LocationError} `BAD_ANSWER`: the object has fewer bytes or another size, or the answer is not this range;
   *   `NO_RANGES`, and as {@link get}
   */
  getRange(key: string, from: number, to: number, options?: GetObjectRangeOptions): Promise<Uint8Array | undefined>
}

/** {@link Objects} that can be stored too. */
export interface WritableObjects extends Objects {
  /**
   * Store bytes under a key; they are durable when this resolves. They may not be changed before. Of two calls for one
   * mutable key at the same time, either may be last.
   *
   * @throws {LocationError} `CONFLICT`: other bytes are stored under the key of an immutable object
   */
  put(key: string, bytes: Uint8Array, options: PutObjectOptions): Promise<void>
}

export interface ReadObjectOptions {
  /** Ends the work; also where it only waits, if it is an `AbortSignal`. */
  readonly signal?: AbortLike | undefined
  /** Whether caches on the way are passed by (default false). */
  readonly reload?: boolean | undefined
}

export interface GetObjectOptions extends ReadObjectOptions {
  /** Most bytes that the object may have. */
  readonly maxBytes: number
  /** Whether caches on the way ask for what is new (default false): for objects that change. */
  readonly revalidate?: boolean | undefined
}

export interface GetObjectRangeOptions extends ReadObjectOptions {
  /** Bytes of the whole object, if that is known: an answer of another size is refused. */
  readonly size?: number | undefined
}

/** An `immutable` object has the same bytes for ever; a `mutable` one is replaced. */
export type ObjectKind = 'immutable' | 'mutable'

export interface PutObjectOptions {
  readonly kind: ObjectKind
  /** `Cache-Control` of the answers that serve it; a folder does not keep it. */
  readonly cacheControl: string
  /** `Content-Type` of the answers that serve it; a folder does not keep it. */
  readonly contentType: string
  /** Ends the work; also where it only waits, if it is an `AbortSignal`. */
  readonly signal?: AbortLike | undefined
}

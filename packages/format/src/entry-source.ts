import type { Entry } from './entry.ts'
import { StreamError } from './errors.ts'
import type { Header } from './header.ts'

/** A number that names or counts something, 0 or more: a `bigint`, or a `number` that is a safe integer. */
export type U64 = bigint | number

/** The platform's `AbortSignal`: its type comes with those of a browser or of Node, which codecs do without. */
export type Signal = typeof globalThis extends { readonly AbortSignal: { readonly prototype: infer T } }
  ? T
  : { readonly aborted: boolean }

/** Where reading begins. */
export type EntriesFrom =
  /** At this entry. */
  | U64
  /** At the head: only what comes after. */
  | 'latest'
  /** At the bookmark's own entry. */
  | { readonly bookmark: Uint8Array }

/** Last entry to read, included. */
export type EntriesTo = U64 | { readonly bookmark: Uint8Array }

export interface EntriesOptions {
  /** Where to begin (default 0, the first entry). */
  readonly from?: EntriesFrom | undefined
  /** Last entry, included (default: none). */
  readonly to?: EntriesTo | undefined
  /**
   * Whether to wait at the head for what comes; `false`: end at the head as it is when reading begins, between two
   * operations (default `true`). What never grows, as an archive, ends at its head in any case.
   */
  readonly follow?: boolean | undefined
  /**
   * Only entries of these types, 1 to 64 of them (default: all). Entries of others are passed over: for what becomes of a
   * truncation they count as delivered.
   */
  readonly types?: readonly number[] | undefined
  /** Ends the reading; its reason is thrown. */
  readonly signal?: Signal | undefined
}

/**
 * Anything that entries can be read from: an open store, a file, a client, an archive. Whoever follows a stream takes one
 * and does not care which.
 *
 * **Truncation.** A truncation that leaves every entry delivered so far is not noticed: reading goes on with the entries
 * that are there now. One that removes or replaces an entry that was delivered ends the reading with a
 * {@link TruncatedError}, before anything of the other history is delivered. So what was delivered is, at any moment, the
 * beginning of one history.
 */
export interface EntrySource {
  /** As people call it: a path, or `host:port`. */
  readonly name: string
  /** The header, standing between two operations. */
  getHeader(): Header | Promise<Header>
  /**
   * Every entry, or every one of the types asked for, in order, once. Its data is borrowed until the next entry is asked for, unless the source says that it
   * lives longer.
   *
   * @throws {TruncatedError} if the stream no longer holds what was delivered
   * @throws {NotFoundError} if there is no such start or end
   */
  entries(options?: EntriesOptions): AsyncIterable<Entry>
  /** As {@link entries}, in batches as they lie or arrive: the fast way. Borrowed until the next batch is asked for. */
  batches(options?: EntriesOptions): AsyncIterable<readonly Entry[]>
}

/** How history changed. */
export type TruncatedErrorCode =
  /** The stream is shorter than what was already delivered. */
  | 'TRUNCATED'
  /** Another entry now has the number of the last one delivered. */
  | 'REWRITTEN'

/** The stream no longer holds what was delivered. Go back to an entry that both sides still have. */
export class TruncatedError extends StreamError<TruncatedErrorCode> {
  override readonly name: string = 'TruncatedError'
  /** Number of the last entry delivered, or held by the caller; `undefined` if there was none yet. */
  readonly lastDelivered: bigint | undefined
  /** `totalEntries` of the stream when that was noticed. */
  readonly totalEntries: bigint

  constructor(code: TruncatedErrorCode, lastDelivered: bigint | undefined, totalEntries: bigint) {
    const found = code === 'TRUNCATED' ? 'the stream was truncated' : `another entry has number ${lastDelivered}`
    const held = lastDelivered === undefined ? 'nothing' : `entries up to ${lastDelivered}`
    super(code, `${found}: ${held} delivered, the stream has ${totalEntries}`)
    this.lastDelivered = lastDelivered
    this.totalEntries = totalEntries
  }
}

/** Which bound of what was asked for the stream does not have. */
export type NotFoundErrorCode = 'FROM_NOT_FOUND' | 'TO_NOT_FOUND'

/** The stream has no such start or end: an entry beyond the head that is not waited for, or an unknown bookmark. */
export class NotFoundError extends StreamError<NotFoundErrorCode> {
  override readonly name: string = 'NotFoundError'
}

/**
 * The number as a `bigint`.
 *
 * @param what the option's name, for the error
 * @throws {RangeError} if it is negative, no integer, or as a `number` beyond 2^53 - 1
 */
export function u64Of(value: U64, what: string): bigint {
  const isWhole =
    typeof value === 'bigint' ? value >= 0n && value < 1n << 64n : Number.isSafeInteger(value) && value >= 0
  if (isWhole) return BigInt(value)
  throw new RangeError(`${what} is ${value}, expected a whole number of 0 or more (a bigint beyond 2^53 - 1)`)
}

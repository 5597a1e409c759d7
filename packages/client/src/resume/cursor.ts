import {
  BOOKMARK_TYPE,
  type Entry,
  type Header,
  type OperationBoundary,
  RESULT_TEXT,
  ResultCode,
  sameEntry,
} from '@datastreamer/format'
import { ConnectionError, ProtocolError, ServerRefusedError, TruncatedError } from '../errors.ts'
import type { Start } from '../stream/session.ts'
import { countConsecutive } from './consecutive.ts'

/** Where an iteration starts. */
export type From =
  /** At this entry. */
  | bigint
  /** At the head: only what comes after. */
  | 'latest'
  /** At the bookmark's own entry. */
  | { readonly bookmark: Uint8Array }
  /** After this entry, which the caller has; the server must still have the same one. */
  | { readonly after: Entry }

/** Last entry of an iteration, included. */
export type To = bigint | { readonly bookmark: Uint8Array }

export interface CursorOptions {
  readonly from: From
  readonly to: To | undefined
  /** Whether to go on at the head that the first header shows. */
  readonly follow: boolean
}

/** What to do with a run of entries. */
export interface Accepted {
  /** Those to deliver. */
  readonly fresh: readonly Entry[]
  /** What is wrong with the one behind them. */
  readonly broken: ProtocolError | undefined
}

/**
 * How far an iteration has come: which entry comes next, over any number of connections, and the proof that the stream
 * is still the one that was read.
 *
 * Keeps a copy of the last entry delivered. A new connection starts at that entry and must bring the same bytes.
 */
export class Cursor {
  readonly #from: From
  readonly #to: To | undefined
  readonly #follow: boolean
  /** Number of the next entry to deliver, once it is known. */
  #next: bigint | undefined
  /** Copy of the entry before `#next`. */
  #held: Entry | undefined
  #rereading = false
  /** Number of the last entry to deliver, once it is known. */
  #end: bigint | undefined
  /** Whether to have the server end the stream by itself, with RangeBookmark. */
  #range: 'wanted' | 'asked' | 'no'
  #headers = 0

  constructor({ from, to, follow }: CursorOptions) {
    this.#from = from
    this.#to = to
    this.#follow = follow
    if (typeof from === 'bigint') this.#next = from
    else if (typeof from === 'object' && 'after' in from) this.#hold(from.after)
    if (typeof to === 'bigint') this.#end = to
    this.#range = bookmarkOf(from) !== undefined && bookmarkOf(to) !== undefined ? 'wanted' : 'no'
  }

  /** Number of the next entry to deliver; `undefined` while only the server knows it. */
  get next(): bigint | undefined {
    return this.#next
  }

  /** Whether the entry that was delivered last has yet to be read again on this connection. */
  get isRereading(): boolean {
    return this.#rereading
  }

  /** Whether the last entry was delivered. */
  get done(): boolean {
    return this.#end !== undefined && this.#next !== undefined && this.#next > this.#end
  }

  /** The bookmark at which to end, if its number has to be found out before the stream is started. */
  get endToLocate(): Uint8Array | undefined {
    return this.#range === 'no' && this.#end === undefined ? bookmarkOf(this.#to) : undefined
  }

  /** The number of the bookmark at which to end. */
  endAt(number: bigint): void {
    this.#end = number
  }

  /**
   * Take in a connection's header.
   *
   * @throws {TruncatedError} if the stream is shorter than what was delivered
   */
  meet({ totalEntries }: Header): void {
    const first = this.#headers++ === 0
    if (first && this.#from === 'latest') this.#next = totalEntries
    if (this.#next !== undefined && this.#next > totalEntries) {
      if (!first || this.#held !== undefined) throw new TruncatedError('TRUNCATED', this.#held?.number, totalEntries)
      if (!this.#follow) throw refusal(`start at ${this.#next} of ${totalEntries} entries`, ResultCode.BAD_FROM_ENTRY)
    }
    if (!first || this.#follow || bookmarkOf(this.#to) !== undefined) return
    if (this.#end === undefined || this.#end >= totalEntries) this.#end = totalEntries - 1n
  }

  /** What to ask the server for. */
  begin(): Start {
    this.#rereading = this.#held !== undefined
    if (this.#held !== undefined) return { name: 'start', fromEntryNumber: this.#held.number }
    if (this.#next !== undefined) return { name: 'start', fromEntryNumber: this.#next }
    const [from, to] = [bookmarkOf(this.#from), bookmarkOf(this.#to)]
    if (from === undefined) throw new TypeError('an iteration begins before its first header')
    if (this.#range === 'no' || to === undefined) return { name: 'startBookmark', bookmark: from }
    this.#range = 'asked'
    return { name: 'rangeBookmark', from, to }
  }

  /** The error for what the server answered to {@link begin}: on a later connection it is history that changed. */
  refused(error: unknown, { totalEntries }: Header): unknown {
    const again = this.#held !== undefined || this.#headers > 1
    if (!again || !(error instanceof ServerRefusedError) || error.code !== 'BAD_FROM_ENTRY') return error
    return new TruncatedError('TRUNCATED', this.#held?.number, totalEntries)
  }

  /** After a failure: go without RangeBookmark if the server does not know it, or hangs in it. Says whether that helps. */
  abandonRange(error: unknown): boolean {
    const unknown = error instanceof ServerRefusedError && error.code === 'INVALID_COMMAND'
    if (this.#range !== 'asked' || this.#next !== undefined) return false
    if (!unknown && !(error instanceof ConnectionError)) return false
    this.#range = 'no'
    this.#end = undefined
    return true
  }

  /** Whether bytes are due: the server has entries, by `header`, that were not delivered yet. */
  isOwed({ totalEntries }: Header): boolean {
    return this.#rereading || this.#next === undefined || this.#next < totalEntries
  }

  /**
   * Check a run of entries against what must come, and count those to deliver as delivered.
   *
   * @param header of this connection
   * @throws {TruncatedError} `REWRITTEN` if the entry that was read again is another one
   */
  accept(entries: readonly Entry[], header: Header): Accepted {
    const [first] = entries
    if (first === undefined) return { fresh: entries, broken: undefined }
    this.#locate(first)
    const expected = this.#rereading && this.#held !== undefined ? this.#held.number : (this.#next ?? first.number)
    const count = countConsecutive(entries, expected)
    const wrong = entries[count]
    const broken = wrong && gap(wrong.number, expected + BigInt(count))
    let fresh = wrong === undefined ? entries : entries.slice(0, count)
    if (this.#rereading && count > 0) {
      if (this.#held !== undefined && !sameEntry(this.#held, first)) {
        throw new TruncatedError('REWRITTEN', this.#held.number, header.totalEntries)
      }
      this.#rereading = false
      fresh = fresh.slice(1)
    }
    fresh = this.#deliver(fresh)
    return { fresh, broken: this.done ? undefined : broken }
  }

  /**
   * Check an operation boundary against the entries so far. `undefined`: it lies before what was delivered and says
   * nothing of what comes.
   *
   * @throws {ProtocolError} `GAP` if it stands at another place than it says
   */
  acceptBoundary(boundary: OperationBoundary): OperationBoundary | undefined {
    if (this.#rereading) return boundary.gap ? boundary : undefined
    if (this.#next !== undefined && boundary.nextEntry !== this.#next)
      throw gap(boundary.nextEntry, this.#next, 'an operation boundary before')
    return boundary
  }

  /** The first entry of a stream started at a bookmark says where that is. */
  #locate(first: Entry): void {
    const bookmark = bookmarkOf(this.#from)
    if (this.#next !== undefined || bookmark === undefined) return
    checkBookmark(first, bookmark)
    if (this.#end !== undefined && this.#end < first.number && bookmarkOf(this.#to) !== undefined) {
      throw refusal(`range from entry ${first.number} to entry ${this.#end}`, ResultCode.BAD_TO_BOOKMARK)
    }
    this.#next = first.number
  }

  #deliver(entries: readonly Entry[]): readonly Entry[] {
    const [first] = entries
    let last = entries.at(-1)
    if (first === undefined || last === undefined) return entries
    let fresh = entries
    if (this.#end !== undefined && last.number > this.#end) {
      fresh = entries.slice(0, Math.max(0, Number(this.#end - first.number) + 1))
      last = fresh.at(-1)
    }
    if (last !== undefined) this.#hold(last)
    return fresh
  }

  #hold(entry: Entry): void {
    this.#held = { ...entry, data: entry.data.slice() }
    this.#next = entry.number + 1n
  }
}

/** Check that a stream that was started at a bookmark begins with it. @throws {ProtocolError} */
export function checkBookmark(first: Entry, bookmark: Uint8Array): void {
  if (sameEntry({ ...first, type: BOOKMARK_TYPE, data: bookmark }, first)) return
  throw new ProtocolError('UNEXPECTED_PACKET', `entry ${first.number} is not the bookmark that was asked for`)
}

function bookmarkOf(place: From | To | undefined): Uint8Array | undefined {
  return typeof place === 'object' && 'bookmark' in place ? place.bookmark : undefined
}

function gap(found: bigint, expected: bigint, what = 'entry'): ProtocolError {
  return new ProtocolError('GAP', `the server sent ${what} ${found}, expected ${expected}`)
}

/** What a server would answer, where its header already says so. */
function refusal(asked: string, code: ResultCode): ServerRefusedError {
  return new ServerRefusedError(asked, { code, text: RESULT_TEXT[code] })
}

import { type EntriesTo, type Entry, invariant, u64Of } from '@datastreamer/format'
import { ConnectionError, ServerRefusedError } from '../errors.ts'
import { bookmarkOf, type CursorFrom } from '../position.ts'
import type { Start } from '../stream/session.ts'
import { checkBookmark } from './locate-bookmark.ts'
import { endsBeforeStart, noEntry, notFound } from './not-found.ts'

/** Where an iteration begins and ends, as far as that is known. */
export class Bounds {
  readonly #from: CursorFrom
  readonly #to: EntriesTo | undefined
  /** Number of the last entry to deliver, once it is known. */
  #end: bigint | undefined
  /** Whether to have the server end the stream by itself, with RangeBookmark. */
  #range: 'wanted' | 'asked' | 'no'

  /** @param mayAskRange whether the server may end the stream by itself @throws {RangeError} if a number is none */
  constructor(from: CursorFrom, to: EntriesTo | undefined, mayAskRange = true) {
    this.#from = from
    this.#to = to
    if (typeof to === 'bigint' || typeof to === 'number') this.#end = u64Of(to, 'to')
    const isRange = bookmarkOf(from) !== undefined && bookmarkOf(to) !== undefined
    this.#range = isRange && mayAskRange ? 'wanted' : 'no'
  }

  /** Number of the last entry, once it is known. */
  get end(): bigint | undefined {
    return this.#end
  }

  /** The bookmark at which to end, if its number has to be found out before the stream is started. */
  get endToLocate(): Uint8Array | undefined {
    return this.#range === 'no' && this.#end === undefined ? bookmarkOf(this.#to) : undefined
  }

  /** The bookmark at which to begin, if it is one. */
  get fromBookmark(): Uint8Array | undefined {
    return bookmarkOf(this.#from)
  }

  /** Do without RangeBookmark, since not all comes from the server. */
  refuseRange(): void {
    this.#range = 'no'
  }

  /** The number of the bookmark at which to end. */
  endAt(number: bigint): void {
    this.#end = number
  }

  /**
   * End at the head, unless the end is said otherwise.
   *
   * @throws {NotFoundError} if it is said, and lies beyond the head
   */
  endAtHead(totalEntries: bigint, isDone: boolean): void {
    if (bookmarkOf(this.#to) !== undefined) return
    if (this.#end !== undefined && this.#end >= totalEntries && !isDone) {
      throw noEntry('TO_NOT_FOUND', this.#end, totalEntries)
    }
    this.#end ??= totalEntries - 1n
  }

  /** What to ask the server for. @param next number of the first entry; `undefined`: that of the bookmark */
  startAt(next: bigint | undefined): Start {
    if (next !== undefined) return { name: 'start', fromEntryNumber: next }
    const [from, to] = [bookmarkOf(this.#from), bookmarkOf(this.#to)]
    invariant(from !== undefined, 'a stream begins nowhere')
    if (this.#range === 'no' || to === undefined) return { name: 'startBookmark', bookmark: from }
    this.#range = 'asked'
    return { name: 'rangeBookmark', from, to }
  }

  /** The error for a start that the server refused. */
  refused(error: ServerRefusedError, next: bigint | undefined, totalEntries: bigint): unknown {
    return notFound(error, { entry: next, from: bookmarkOf(this.#from), to: bookmarkOf(this.#to) }, totalEntries)
  }

  /** After a failure: go without RangeBookmark if the server does not know it, or hangs in it. Says whether that helps. */
  abandonRange(error: unknown): boolean {
    const unknown = error instanceof ServerRefusedError && error.code === 'INVALID_COMMAND'
    if (this.#range !== 'asked' || (!unknown && !(error instanceof ConnectionError))) return false
    this.#range = 'no'
    this.#end = undefined
    return true
  }

  /** Check the entry that a stream begins with, if that is to be a bookmark. */
  checkFirst(first: Entry): void {
    const bookmark = bookmarkOf(this.#from)
    if (bookmark !== undefined) checkBookmark(first, bookmark)
  }

  /** Check where a stream begins that was started at a bookmark. @throws {NotFoundError} if it ends before that */
  checkStart(first: bigint): void {
    if (this.#end === undefined || this.#end >= first || bookmarkOf(this.#to) === undefined) return
    throw endsBeforeStart(first, this.#end)
  }

  /** The entries up to the last one to deliver. */
  upToEnd(entries: readonly Entry[]): readonly Entry[] {
    const end = this.#end
    const last = entries.at(-1)
    if (end === undefined || last === undefined || last.number <= end) return entries
    return entries.filter(({ number }) => number <= end)
  }
}

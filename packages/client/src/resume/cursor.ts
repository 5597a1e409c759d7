import {
  type EntriesTo,
  type Entry,
  type Header,
  invariant,
  type OperationBoundary,
  TruncatedError,
  u64Of,
} from '@datastreamer/format'
import { ConnectionError, ProtocolError, ServerRefusedError } from '../errors.ts'
import { bookmarkOf, type CursorFrom } from '../position.ts'
import type { Start } from '../stream/session.ts'
import { countConsecutive } from './consecutive.ts'
import { type Held, hold, numberOf, proofOf } from './held.ts'
import { checkBookmark } from './locate-bookmark.ts'
import { endsBeforeStart, noEntry, notFound } from './not-found.ts'
import { Reread } from './reread.ts'

export interface CursorOptions {
  readonly from: CursorFrom
  readonly to: EntriesTo | undefined
  /** Whether to go on at the head that the first header shows. */
  readonly follow: boolean
  /** An entry among those delivered that a new connection has to bring too, beside the last one. */
  readonly opening?: (() => Entry | undefined) | undefined
}

/** What to do with a run of entries. */
export interface Accepted {
  /** Those to deliver. */
  readonly fresh: readonly Entry[]
  /** What is wrong with the one after them. */
  readonly broken: ProtocolError | undefined
}

/**
 * How far an iteration has come: which entry comes next, over any number of connections, and the proof that the stream
 * is still the one that was read. A new connection starts at the last entry delivered, or before it, and must bring the
 * same entries again.
 *
 * Invariants: every connection is met, then begun, then read from; nothing is delivered before what is held was read
 * again; what is delivered begins at `next`, which never goes back, and is consecutive.
 */
export class Cursor {
  readonly #from: CursorFrom
  readonly #to: EntriesTo | undefined
  readonly #follow: boolean
  readonly #openingOf: CursorOptions['opening']
  /** Number of the next entry to deliver, once it is known. */
  #next: bigint | undefined
  /** What was delivered right before `#next`. */
  #held: Held | undefined
  /** What stands in for an opening while the caller has none: the first entry that was read again. */
  #opening: Entry | undefined
  #reread: Reread | undefined
  /** Number of the last entry to deliver, once it is known. */
  #end: bigint | undefined
  /** Whether to have the server end the stream by itself, with RangeBookmark. */
  #range: 'wanted' | 'asked' | 'no'
  #headers = 0
  /** Whether what comes was asked for on this connection. */
  #begun = false

  /** @throws {RangeError} if a number is none @throws {TypeError} if a checkpoint is none */
  constructor({ from, to, follow, opening }: CursorOptions) {
    this.#from = from
    this.#to = to
    this.#follow = follow
    this.#openingOf = opening
    if (typeof from === 'bigint' || typeof from === 'number') this.#next = u64Of(from, 'from')
    else if (typeof from === 'object' && 'after' in from) {
      this.#held = hold(from.after)
      this.#next = numberOf(this.#held) + 1n
    }
    if (typeof to === 'bigint' || typeof to === 'number') this.#end = u64Of(to, 'to')
    this.#range = bookmarkOf(from) !== undefined && bookmarkOf(to) !== undefined ? 'wanted' : 'no'
  }

  /** Number of the next entry to deliver; `undefined` while only the server knows it. */
  get next(): bigint | undefined {
    return this.#next
  }

  /** Whether the entry that was delivered last has yet to be read again on this connection. */
  get isRereading(): boolean {
    return this.#reread !== undefined
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
   * Take in a connection's header. Returns whether the stream can be begun: an entry to start at that is not there yet
   * is waited for.
   *
   * @throws {TruncatedError} if the stream is shorter than what was delivered
   * @throws {NotFoundError} if it has no such start, and it is not to be waited for
   */
  meet({ totalEntries }: Header): boolean {
    const first = this.#headers === 0
    this.#begun = false
    if (first && this.#from === 'latest') this.#next = totalEntries
    if (this.#next !== undefined && this.#next > totalEntries) {
      if (!first || this.#held !== undefined) throw new TruncatedError('TRUNCATED', this.#lastDelivered, totalEntries)
      if (this.#follow) return false
      throw noEntry('FROM_NOT_FOUND', this.#next, totalEntries)
    }
    this.#headers++
    if (!first || this.#follow || bookmarkOf(this.#to) !== undefined) return true
    if (this.#end !== undefined && this.#end >= totalEntries && !this.done) {
      throw noEntry('TO_NOT_FOUND', this.#end, totalEntries)
    }
    this.#end ??= totalEntries - 1n
    return true
  }

  /** What to ask the server for. */
  begin(): Start {
    invariant(this.#headers > 0, 'a stream is begun before its header was met')
    this.#begun = true
    this.#reread = undefined
    if (this.#held !== undefined) {
      const proof = proofOf(this.#held, this.#openingOf && (this.#openingOf() ?? this.#opening))
      this.#reread = new Reread(proof)
      return { name: 'start', fromEntryNumber: proof.first }
    }
    if (this.#next !== undefined) return { name: 'start', fromEntryNumber: this.#next }
    const [from, to] = [bookmarkOf(this.#from), bookmarkOf(this.#to)]
    invariant(from !== undefined, 'a stream begins nowhere')
    if (this.#range === 'no' || to === undefined) return { name: 'startBookmark', bookmark: from }
    this.#range = 'asked'
    return { name: 'rangeBookmark', from, to }
  }

  /** The error for what the server answered to {@link begin}: on a later connection it is history that changed. */
  refused(error: unknown, { totalEntries }: Header): unknown {
    if (!(error instanceof ServerRefusedError)) return error
    const isLater = this.#held !== undefined || this.#headers > 1
    if (error.code === 'BAD_FROM_ENTRY' && isLater) {
      return new TruncatedError('TRUNCATED', this.#lastDelivered, totalEntries)
    }
    const asked = { entry: this.#next, from: bookmarkOf(this.#from), to: bookmarkOf(this.#to) }
    return notFound(error, asked, totalEntries)
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
    return this.isRereading || this.#next === undefined || this.#next < totalEntries
  }

  /**
   * Check a run of entries against what must come, and count those to deliver as delivered.
   *
   * @param header of this connection
   * @throws {TruncatedError} `REWRITTEN` if the entry that was read again is another one
   */
  accept(entries: readonly Entry[], header: Header): Accepted {
    invariant(this.#begun, 'entries come from a connection that was not begun')
    const [first] = entries
    if (first === undefined) return { fresh: entries, broken: undefined }
    this.#locate(first)
    const expected = this.#reread?.next ?? this.#next ?? first.number
    const count = countConsecutive(entries, expected)
    const wrong = entries[count]
    const broken = wrong && gap(wrong.number, expected + BigInt(count))
    let fresh = wrong === undefined ? entries : entries.slice(0, count)
    if (this.#reread !== undefined && count > 0) {
      fresh = this.#reread.take(fresh, header.totalEntries)
      this.#opening ??= this.#reread.opening
      if (this.#reread.done) this.#reread = undefined
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
    if (this.isRereading) return boundary.gap ? boundary : undefined
    if (this.#next === undefined || boundary.nextEntry === this.#next) return boundary
    throw gap(boundary.nextEntry, this.#next, 'an operation boundary before')
  }

  /** The first entry of a stream started at a bookmark says where that is. */
  #locate(first: Entry): void {
    const bookmark = bookmarkOf(this.#from)
    if (this.#next !== undefined || bookmark === undefined) return
    checkBookmark(first, bookmark)
    if (this.#end !== undefined && this.#end < first.number && bookmarkOf(this.#to) !== undefined) {
      throw endsBeforeStart(first.number, this.#end)
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
    if (last === undefined) return fresh
    invariant(!this.isRereading, `entry ${first.number} is delivered before what is held was read again`)
    invariant(first.number === this.#next, `entry ${first.number} is delivered, next is ${this.#next}`)
    invariant(last.number === first.number + BigInt(fresh.length - 1), `${fresh.length} entries end at ${last.number}`)
    this.#held = hold(last)
    this.#next = last.number + 1n
    return fresh
  }

  get #lastDelivered(): bigint | undefined {
    return this.#held && numberOf(this.#held)
  }
}

function gap(found: bigint, expected: bigint, what = 'entry'): ProtocolError {
  return new ProtocolError('GAP', `the server sent ${what} ${found}, expected ${expected}`)
}

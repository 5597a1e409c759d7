import { BOOKMARK_TYPE, type Header, NotFoundError, StreamError, sameEntry, TruncatedError } from '@datastreamer/format'
import { checkpointOf } from '../checkpoint.ts'
import type { StreamItem } from '../connection/channel.ts'
import { type HistoryDiffersError, ProtocolError } from '../errors.ts'
import type { Cursor } from './cursor.ts'
import { deliver, isEntries } from './deliver.ts'
import { checkpointAt } from './find-common.ts'
import type { FollowContext, FollowOptions } from './follow-options.ts'
import { HeaderWatching } from './header-watch.ts'
import { type History, HistoryFailure, type HistoryItems } from './history.ts'
import { entryDiffers, otherStream, serverShorter } from './history-difference.ts'
import { locateBound } from './locate-bound.ts'
import { Retry } from './retry.ts'
import { RewrittenError } from './rewritten.ts'
import type { StreamEvent } from './stream-event.ts'

type Disconnected = Extract<StreamEvent, { readonly kind: 'disconnected' }>

/**
 * Reads what an iteration can have of a history, before the server's stream, and finds out whether the two are of one
 * stream: what the history gave last is held by the cursor, so the next connection has to bring it again.
 *
 * reading -> (reading, since it was refreshed | left)
 *
 * Invariant: once it is left, the iteration reads from the server only.
 */
export class HistoryReading {
  readonly #context: FollowContext
  readonly #options: FollowOptions
  readonly #signal: AbortSignal
  readonly #retry: Retry
  #history: History | undefined
  /** Whether what it gave last has yet to be seen on the server. */
  #isUnproven = false
  /** It has something else than what is held; whether the server has that is not known yet. */
  #doubt: HistoryDiffersError | undefined

  constructor(context: FollowContext, options: FollowOptions, signal: AbortSignal) {
    this.#context = context
    this.#options = options
    this.#signal = signal
    const { backoff, historyMaxFailures: maxAttempts } = context.settings
    this.#retry = new Retry({ ...backoff, maxAttempts })
    this.#history = context.history
  }

  /** Whether entries may come from it. */
  get isReading(): boolean {
    return this.#history !== undefined
  }

  /** Whether the server has to be asked for the last entry, its head, although all was delivered. */
  get owesProof(): boolean {
    const { follow, to } = this.#options
    return this.#isUnproven && !follow && to === undefined
  }

  /** Read no more of it. */
  leave(): void {
    this.#history = undefined
  }

  /** A connection streams, so the server has what is held. Gives the error if the history has something else. */
  proven(): HistoryDiffersError | undefined {
    const doubt = this.#doubt
    this.#doubt = undefined
    this.#isUnproven = false
    return doubt
  }

  /** The server does not have what is held. Gives the error if that is what the history gave. */
  refuted(error: TruncatedError, held: Cursor['proof']): HistoryDiffersError | undefined {
    const wasUnproven = this.#isUnproven
    this.leave()
    this.proven()
    if (!wasUnproven || held === undefined) return undefined
    const found = error instanceof RewrittenError ? error.found : undefined
    if (found !== undefined) return entryDiffers(this.#context, held.last, held.text, found, error)
    return serverShorter(this.#context, error.totalEntries, held.last, held.text, error)
  }

  /**
   * It is left, since it differs from the server's stream.
   *
   * @throws the error itself, unless who follows the stream wants to hear of rewrites, or if it was never of this stream
   */
  leftFor(error: HistoryDiffersError): Disconnected {
    this.leave()
    if (this.#options.trail === undefined || error.code === 'OTHER_STREAM') throw error
    return { kind: 'disconnected', source: 'history', error, retryInMs: 0 }
  }

  /**
   * It failed: it is asked again after a while, and left after some failures in a row, or at once where it has nothing that is
   * known to be needed. What it does not have although it says so comes from the server, too.
   *
   * @throws what it failed with, if it may not be asked again
   */
  failed({ cause: error, isIdle }: HistoryFailure): Disconnected {
    const isMissing = error instanceof NotFoundError || error instanceof TruncatedError
    if (!(error instanceof StreamError)) throw error
    if (!isMissing && !error.retryable && !(error instanceof ProtocolError)) throw error
    const retryInMs = isMissing || isIdle ? undefined : this.#retry.waitAfter(error, 0)
    if (retryInMs === undefined) this.leave()
    return { kind: 'disconnected', source: 'history', error, retryInMs: retryInMs ?? 0 }
  }

  /**
   * Read what it has from the next entry on, and leave it if it has nothing.
   *
   * @throws {HistoryFailure} @throws {HistoryDiffersError}
   * @throws as the cursor, and as questions to the server
   */
  async *read(cursor: Cursor): AsyncGenerator<StreamEvent, void, void> {
    if (cursor.done) return this.owesProof ? this.#proveLast(cursor) : this.leave()
    const first = cursor.next ?? (await this.#locateFirst(cursor))
    const header = first === undefined ? undefined : await this.#history?.headerFor(first, this.#signal)
    if (first === undefined || header === undefined || first >= header.totalEntries) return this.leave()
    await this.#checkIdentity(header)
    await this.#findEnd(cursor, first, header)
    if (!cursor.done) yield* this.#readOnce(cursor, first, header)
  }

  async *#readOnce(cursor: Cursor, first: bigint, header: Header): AsyncGenerator<StreamEvent, void, void> {
    const { boundaries, types } = this.#options
    const before = cursor.next
    cursor.meetHistory()
    const start = cursor.begin()
    const from = start.name === 'start' ? start.fromEntryNumber : first
    const { end } = cursor.bounds
    const to = end !== undefined && end < header.totalEntries ? end : header.totalEntries - 1n
    const items = this.#history?.read({ from, to }, boundaries, this.#signal)
    if (items === undefined) return
    await using _ = this.#watchHeaders()
    try {
      const begun = { kind: 'history', header } as const
      const next = (): Promise<StreamItem | undefined> => this.#next(items, cursor)
      yield* deliver({ cursor, header, types, begun, next }, this.#signal)
      await this.#finish(items, cursor, to)
    } catch (error) {
      if (error instanceof ProtocolError) throw this.#broken(error)
      if (!(error instanceof RewrittenError)) throw error
      this.#contradicted(error, cursor)
    } finally {
      if (cursor.next !== before) {
        this.#isUnproven = true
        this.#retry.progressed()
      }
      await items.close()
    }
  }

  /** The next item; the first entry is the bookmark that the server has there. */
  async #next(items: HistoryItems, { next, bounds }: Cursor): Promise<StreamItem | undefined> {
    const item = await items.next()
    const bookmark = bounds.fromBookmark
    const entry = item !== undefined && isEntries(item) ? item[0] : undefined
    if (next !== undefined || bookmark === undefined || entry === undefined) return item
    const expected = { type: BOOKMARK_TYPE, number: entry.number, data: bookmark }
    if (sameEntry(entry, expected)) return item
    throw entryDiffers(this.#context, entry.number, checkpointOf(entry), checkpointOf(expected))
  }

  /** All that was wanted came: what the history has to say at its end is heard, too. */
  async #finish(items: HistoryItems, cursor: Cursor, to: bigint): Promise<void> {
    if (cursor.next === undefined || cursor.next <= to) {
      throw new ProtocolError('GAP', `it ended before entry ${cursor.next ?? 'one'}, expected entries up to ${to}`)
    }
    for (let item = cursor.done ? await items.next() : undefined; item !== undefined; item = await items.next()) {
      if (isEntries(item)) throw new ProtocolError('GAP', `entry ${item[0]?.number} came, asked for those up to ${to}`)
    }
  }

  /** It has another entry than the one that is held: the server says next which of them is right. */
  #contradicted(error: RewrittenError, { proof }: Cursor): void {
    this.leave()
    this.#doubt = proof && entryDiffers(this.#context, proof.last, error.found, proof.text, error)
  }

  /** The number of the bookmark to begin at, as the server has it: it may have a newer one of the same key. */
  async #locateFirst({ bounds }: Cursor): Promise<bigint | undefined> {
    const { fromBookmark } = bounds
    return fromBookmark && locateBound(this.#context, 'FROM_NOT_FOUND', fromBookmark, this.#signal)
  }

  async #checkIdentity(header: Header): Promise<void> {
    const { identity, look } = this.#context
    if (!identity.isKnown) await look(true, this.#signal)
    const difference = identity.difference(header)
    if (difference !== undefined) throw otherStream(this.#context, difference)
  }

  /** Find out where to end, as far as the server says that. */
  async #findEnd(cursor: Cursor, first: bigint, { totalEntries }: Header): Promise<void> {
    const { bounds } = cursor
    bounds.refuseRange()
    const { endToLocate } = bounds
    if (endToLocate !== undefined) {
      bounds.endAt(await locateBound(this.#context, 'TO_NOT_FOUND', endToLocate, this.#signal))
    }
    if (cursor.next === undefined) bounds.checkStart(first)
    if (this.#options.follow || (bounds.end !== undefined && bounds.end < totalEntries)) return
    const header = await this.#context.look(true, this.#signal)
    if (header.totalEntries < totalEntries) {
      throw serverShorter(this.#context, header.totalEntries, totalEntries - 1n)
    }
    cursor.meet(header)
  }

  /** All was delivered up to the server's head, none of it by the server. */
  async #proveLast(cursor: Cursor): Promise<void> {
    const { proof } = cursor
    if (proof !== undefined) {
      const found = await checkpointAt(this.#context.lookUp, proof)
      const { totalEntries } = await this.#context.look(true, this.#signal)
      if (found === undefined) throw new TruncatedError('TRUNCATED', proof.last, totalEntries)
      if (found !== proof.text) throw new RewrittenError(found, proof.last, totalEntries)
    }
    this.#isUnproven = false
  }

  /** Whoever wants the server's headers has them also while entries come from the history. */
  #watchHeaders(): AsyncDisposable {
    const { look, settings } = this.#context
    return new HeaderWatching(this.#options.headers, settings.clock, (signal) => look(true, signal))
  }

  #broken(error: ProtocolError): HistoryFailure {
    const message = `history ${this.#history?.name}: ${error.message}`
    return new HistoryFailure(new ProtocolError(error.code, message, { cause: error }))
  }
}

import type { EntriesOptions, Header, HistorySource, OperationEvent } from '@datastreamer/format'
import type { Clock } from '@datastreamer/runtime'
import { abortable } from '../abortable.ts'
import type { StreamItem } from '../connection/channel.ts'

/** How long what was added to a history since it was refreshed is not worth another look. */
const FRESH_MS = 5000

/** Something that a history was asked for failed; `cause` says how. */
export class HistoryFailure extends Error {
  override readonly name: string = 'HistoryFailure'
  /** Whether it has nothing, as far as is known, of what comes next. */
  readonly isIdle: boolean

  constructor(cause: unknown, isIdle = false) {
    super('the history failed', { cause })
    this.isIdle = isIdle
  }
}

/** A history, as all iterations of a client share it. Whatever fails in it is thrown as a {@link HistoryFailure}. */
export class History {
  readonly #source: HistorySource
  readonly #clock: Clock
  #refreshedAt = Number.NEGATIVE_INFINITY

  constructor(source: HistorySource, clock: Clock) {
    this.#source = source
    this.#clock = clock
  }

  /** As people call it. */
  get name(): string {
    return this.#source.name
  }

  /**
   * Its header. If that does not show entry `next`, what was added since is looked for, unless that was done a moment ago.
   *
   * @throws {HistoryFailure} @throws the signal's reason
   */
  async headerFor(next: bigint, signal: AbortSignal): Promise<Header> {
    const source = this.#source
    const header = await ask(async () => source.getHeader(), signal)
    const now = this.#clock.now()
    if (next < header.totalEntries || now - this.#refreshedAt < FRESH_MS) return header
    const refreshed = await ask(() => source.refresh({ signal }), signal, true)
    this.#refreshedAt = this.#clock.now()
    return refreshed
  }

  /**
   * Read from an entry to another. To be closed.
   *
   * @param boundaries whether operation boundaries are wanted
   */
  read(
    { from, to }: { readonly from: bigint; readonly to: bigint },
    boundaries: boolean,
    signal: AbortSignal,
  ): HistoryItems {
    const options: EntriesOptions = { from, to, follow: false, signal }
    return new HistoryItems(boundaries ? this.#source.operations(options) : this.#source.batches(options), signal)
  }
}

/** What comes of a history, one item after the other. */
export class HistoryItems {
  readonly #items: AsyncIterator<OperationEvent | Extract<StreamItem, readonly unknown[]>>
  readonly #signal: AbortSignal

  constructor(items: AsyncIterable<OperationEvent | Extract<StreamItem, readonly unknown[]>>, signal: AbortSignal) {
    this.#items = items[Symbol.asyncIterator]()
    this.#signal = signal
  }

  /** The next one; `undefined` at the end. @throws {HistoryFailure} @throws the signal's reason */
  async next(): Promise<StreamItem | undefined> {
    const { value, done } = await ask(() => this.#items.next(), this.#signal)
    if (done) return undefined
    if (!('kind' in value)) return value
    return value.kind === 'entries' ? value.entries : { nextEntry: value.nextEntry, gap: value.gap }
  }

  /** Have it end. Where a signal has aborted that is not waited for. */
  async close(): Promise<void> {
    const closed = this.#items.return?.()
    if (closed !== undefined) await abortable(closed, this.#signal).catch(() => undefined)
  }
}

/** Wait for an answer of the history. */
async function ask<T>(question: () => Promise<T>, signal: AbortSignal, isIdle?: boolean): Promise<T> {
  try {
    return await abortable(question(), signal)
  } catch (error) {
    signal.throwIfAborted()
    throw new HistoryFailure(error, isIdle)
  }
}

import {
  type EntriesOptions,
  type Entry,
  type Header,
  type HistorySource,
  NotFoundError,
  type OperationEvent,
  StreamError,
} from '@datastreamer/format'
import { entriesOf } from './entries.ts'

/** What goes wrong in a history, to be tried again or not. */
export class FakeHistoryError extends StreamError<'UNREACHABLE' | 'BAD_SEGMENT'> {
  override readonly name = 'FakeHistoryError'
  override readonly retryable: boolean

  constructor(code: 'UNREACHABLE' | 'BAD_SEGMENT') {
    super(code, `the history failed: ${code}`)
    this.retryable = code === 'UNREACHABLE'
  }
}

/** What was asked of a history. */
export type HistoryCall = 'header' | 'refresh' | 'read' | 'batch' | 'end'

export interface FakeHistoryOptions {
  /** Entries that it has at first, those of `entriesOf`. */
  readonly entries: number
  readonly header?: Partial<Header>
  /** Entries of a batch (default 10). */
  readonly batch?: number
  /** Entries of an operation; 0: unknown (default 5). */
  readonly operation?: number
  /** Called for everything that is asked for; what it throws, the history throws. */
  readonly onCall?: (call: HistoryCall, history: FakeHistory) => Promise<void> | void
}

/** A history in memory, with faults to order. */
export class FakeHistory implements HistorySource {
  readonly name = 'fake history'
  readonly options: FakeHistoryOptions
  /** What it has. */
  has: readonly Entry[]
  /** What a refresh finds. */
  found: readonly Entry[] | undefined
  /** Everything that was asked for, reads with their bounds. */
  readonly calls: string[] = []

  constructor(options: FakeHistoryOptions) {
    this.options = options
    this.has = entriesOf(0, options.entries)
  }

  /** Numbers of the calls of one kind. */
  count(call: HistoryCall): number {
    return this.calls.filter((each) => each.startsWith(call)).length
  }

  async getHeader(): Promise<Header> {
    await this.#called('header')
    return this.#header
  }

  async refresh(): Promise<Header> {
    await this.#called('refresh')
    this.has = this.found ?? this.has
    return this.#header
  }

  async *entries(options?: EntriesOptions): AsyncGenerator<Entry, void, void> {
    for await (const batch of this.batches(options)) yield* batch
  }

  async *batches({ from = 0n, to }: EntriesOptions = {}): AsyncGenerator<readonly Entry[], void, void> {
    const { batch = 10 } = this.options
    const { length } = this.has
    const [first, last] = [Number(from), to === undefined ? length - 1 : Number(to)]
    await this.#called('read', ` ${first} to ${last}`)
    if (first > length) throw new NotFoundError('FROM_NOT_FOUND', `no entry ${first}`)
    if (last >= length) throw new NotFoundError('TO_NOT_FOUND', `no entry ${last}`)
    for (let at = first; at <= last; at += batch) {
      await this.#called('batch')
      yield this.has.slice(at, Math.min(at + batch, last + 1))
    }
    await this.#called('end')
  }

  async *operations(options: EntriesOptions = {}): AsyncGenerator<OperationEvent, void, void> {
    const { operation = 5 } = this.options
    let isFirst = true
    for await (const entries of this.batches(options)) {
      const nextEntry = (entries[0]?.number ?? 0n) + BigInt(entries.length)
      if (operation === 0 && isFirst) {
        yield { kind: 'operationBoundary', nextEntry: entries[0]?.number ?? 0n, gap: true }
      }
      isFirst = false
      yield { kind: 'entries', entries }
      const isEnd = operation > 0 && nextEntry % BigInt(operation) === 0n
      if (isEnd) yield { kind: 'operationBoundary', nextEntry, gap: false }
    }
  }

  get #header(): Header {
    const totalEntries = BigInt(this.has.length)
    return {
      generation: 3,
      version: 2,
      systemId: 779n,
      streamType: 1n,
      totalLength: 4096,
      totalEntries,
      ...this.options.header,
    }
  }

  async #called(call: HistoryCall, detail = ''): Promise<void> {
    this.calls.push(`${call}${detail}`)
    await this.options.onCall?.(call, this)
  }
}

import { invariant } from '@datastreamer/format'
import { LogCursor, type LogListener, type ReadableLog } from '@datastreamer/store/log'
import { type Chunk, EntryFeed } from './entry-feed.ts'
import type { EntryStreamOptions, StreamOutcome } from './entry-stream-options.ts'
import { Pace } from './pace.ts'

type State =
  /** The chunk at the cursor is neither there nor being read. */
  | { readonly t: 'idle' }
  /** The chunk at the cursor is being read; after a truncation another object says so, and what was read is not wanted. */
  | { readonly t: 'fetching' }
  /** The chunk at the cursor was read before there was room for it. */
  | { readonly t: 'fetched'; readonly chunk: Chunk }
  /** All that is committed was written: the next commit is what it waits for. */
  | { readonly t: 'atHead' }
  | { readonly t: 'stopped' }

const IDLE: State = { t: 'idle' }
const AT_HEAD: State = { t: 'atHead' }
const STOPPED: State = { t: 'stopped' }

/**
 * A cursor in the log that moves as fast as its outlet takes the entries, and at the head waits for the next commit. It
 * holds the chunk that is being written, which is small; while the outlet takes chunks as fast as they come, they may be
 * large and the next one is held too. A compressed chunk may be up to three times as large as a small one. docs/spec/protocol.md §2.
 *
 * Invariants: it only moves forward, and never beyond its end; a chunk is written only where the chunk before it ended, and
 * only when the outlet has room; one chunk is read at a time; when it is stopped it holds no chunk but the one that is being
 * written.
 */
export class EntryStream implements LogListener {
  readonly #options: EntryStreamOptions
  readonly #log: ReadableLog
  readonly #outlet: EntryStreamOptions['outlet']
  readonly #end: number
  readonly #feed: EntryFeed
  readonly #pace = new Pace()
  readonly #unlisten: () => void
  readonly #leave: (() => void) | undefined
  readonly #signatures: EntryStreamOptions['signatures']
  readonly #unlistenSigned: (() => void) | undefined
  readonly #cursor: LogCursor
  #state: State = IDLE
  #opened = false

  constructor(options: EntryStreamOptions) {
    const { log, from, end = Number.POSITIVE_INFINITY, boundaries, compressed, filter, signatures, memory } = options
    const isFiltered = filter !== undefined
    invariant(!isFiltered || compressed === undefined, 'a stream of some entry types is not compressed')
    this.#options = options
    this.#log = log
    this.#outlet = options.outlet
    this.#cursor = new LogCursor(log, from)
    this.#end = end
    this.#feed = new EntryFeed({ log, cursor: this.#cursor, end, boundaries, compressed, isFiltered, memory })
    this.#unlisten = log.listen(this)
    this.#leave = compressed?.enter()
    this.#signatures = signatures
    this.#unlistenSigned = signatures?.listen(() => this.#onSignatures())
  }

  /** Number of the next entry. */
  get entryNumber(): number {
    return this.#cursor.number
  }

  /** Whether it has an end. */
  get bounded(): boolean {
    return this.#end < Number.POSITIVE_INFINITY
  }

  /** Whether the first entries are written, or there is none yet. */
  get opened(): boolean {
    return this.#opened
  }

  /** Whether the outlet took the last entry requested. */
  get isOver(): boolean {
    return this.#cursor.number >= this.#end && this.#outlet.drained
  }

  /** Whether the next entries are among the newest, which are in memory. */
  get isLive(): boolean {
    return this.#state.t !== 'stopped' && this.#feed.isInMemory
  }

  /** A stream at the head has no turn of its own. */
  #onSignatures(): void {
    if (this.#state.t === 'atHead' && this.#cursor.truncatedTo === undefined) this.rest()
  }

  /** Write one chunk, if that can be done now. */
  step(): void {
    if (this.#state.t === 'stopped' || !this.#outlet.drained) return
    if (this.#cursor.truncatedTo !== undefined) this.#finish(this.#truncated)
    else if (this.#cursor.number >= this.#end) this.#finish({ t: 'ended' })
    else if (!this.rest() && this.#state.t !== 'fetching') this.#advance()
  }

  /** Wait for the next commit, if there is nothing to write before it; returns whether it does. */
  rest(): boolean {
    if (this.#state.t === 'stopped' || !this.#outlet.drained) return false
    const { number } = this.#cursor
    if (number < this.#total || number >= this.#end) return false
    this.#opened = true
    if (this.#state.t !== 'fetching') this.#state = AT_HEAD
    const signed = this.#signatures?.take(this.#cursor)
    if (signed !== undefined && signed.length > 0) this.#outlet.write(signed, () => {})
    return true
  }

  /**
   * Write what is left up to the head, if it can be had without waiting and is little; returns whether it did. A reader that
   * lags by a commit costs no more than the others do.
   */
  stepToHead(): boolean {
    const isIdle = this.#state.t === 'idle' || this.#state.t === 'atHead'
    if (!isIdle || !this.#outlet.drained || this.#cursor.truncatedTo !== undefined) return false
    const chunk = this.#cursor.number < this.#end && !this.#lacksSignatures ? this.#feed.toHead() : undefined
    if (chunk !== undefined) this.#write(chunk)
    return chunk !== undefined
  }

  /** Write no more. */
  stop(): void {
    this.#unlisten()
    this.#unlistenSigned?.()
    this.#leave?.()
    this.#dropFetched()
    this.#state = STOPPED
  }

  onCommit(): void {
    // A stream that is not at the head has its turn anyway.
    if (this.#state.t === 'atHead') this.step()
  }

  onTruncate(): void {
    if (this.#cursor.truncatedTo !== undefined) {
      this.#finish(this.#truncated)
      return
    }
    this.#dropFetched()
    if (this.#state.t === 'fetching') this.#state = { t: 'fetching' }
  }

  get #truncated(): StreamOutcome {
    return { t: 'truncated', point: this.#log.header, entryNumber: this.#cursor.number }
  }

  get #lacksSignatures(): boolean {
    return this.#signatures?.isBehind(this.#cursor.position) === true
  }

  get #total(): number {
    return Number(this.#log.header.totalEntries)
  }

  /** What is in memory is written without a promise: this is done for every reader at every commit. */
  #advance(): void {
    const now = (): Chunk | undefined => (this.#lacksSignatures ? undefined : this.#feed.now(this.#pace.credit))
    const chunk = this.#state.t === 'fetched' ? this.#state.chunk : now()
    if (chunk === undefined) this.#fetch()
    else this.#write(chunk)
  }

  #write(chunk: Chunk): void {
    this.#state = IDLE
    const { number } = chunk.next
    const { clock, filter } = this.#options
    let packets: readonly Uint8Array[]
    let isHeld = true
    try {
      invariant(number <= this.#end, 'a chunk goes on after the end')
      this.#cursor.moveTo(chunk.next)
      const filtered = filter?.of(chunk)
      packets = filtered?.packets ?? chunk.packets
      isHeld = filtered?.usesBuffer ?? true
    } catch (error) {
      this.#feed.drop(chunk)
      this.#fail(error)
      return
    }
    this.#opened = true
    if (!isHeld) this.#feed.release(chunk)
    const signed = this.#signatures?.take(chunk.next) ?? []
    if (signed.length > 0) packets = [...packets, ...signed]
    // What comes next is read while this is written.
    if (chunk.readsAhead && number < this.#end && number < this.#total) this.#fetch()
    const began = clock.now()
    const bytes = packets.reduce((sum, { length }) => sum + length, 0)
    this.#outlet.write(packets, () => {
      this.#pace.onTaken(bytes, clock.now() - began)
      if (isHeld) this.#feed.release(chunk)
    })
  }

  #fetch(): void {
    const fetching: State = { t: 'fetching' }
    this.#state = fetching
    const fetched = this.#feed.fetch(this.#pace.credit)
    const loaded = this.#signatures?.load(this.#cursor.position)
    ;(loaded === undefined ? fetched : Promise.all([fetched, loaded]).then(([chunk]) => chunk)).then(
      (chunk) => this.#onFetched(chunk, fetching),
      (error: unknown) => this.#fail(error),
    )
  }

  #onFetched(chunk: Chunk | undefined, fetching: State): void {
    const isWanted = this.#state === fetching
    if (chunk !== undefined && !isWanted) this.#feed.drop(chunk)
    if (this.#state.t === 'stopped') return
    this.#state = chunk !== undefined && isWanted ? { t: 'fetched', chunk } : IDLE
    this.#options.requestTurn()
  }

  #fail(error: unknown): void {
    if (this.#state.t === 'stopped') return
    const { number } = this.#cursor
    this.#finish({ t: 'failed', error, again: () => this.#feed.readAgain(number) })
  }

  #finish(outcome: StreamOutcome): void {
    this.stop()
    this.#options.onDone(outcome)
  }

  #dropFetched(): void {
    if (this.#state.t !== 'fetched') return
    this.#feed.drop(this.#state.chunk)
    this.#state = IDLE
  }
}

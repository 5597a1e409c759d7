import { type Entry, type EntrySource, type Header, type U64, u64Of } from '@datastreamer/format'
import type { Checkpoint } from './checkpoint.ts'
import { ConnectionError } from './errors.ts'
import type {
  BlockEventsOptions,
  BlocksOptions,
  EventsOptions,
  IterationOptions,
  QueryOptions,
  ReadOptions,
} from './iteration-options.ts'
import { type ClientOptions, type ConnectOptions, type Settings, settingsOf, withAddress } from './options.ts'
import type { From } from './position.ts'
import { ControlConnection } from './query/control.ts'
import { requestBookmark, requestEntry, requestHeader } from './query/queries.ts'
import { readBatches, readEvents } from './reading.ts'
import { findCommon } from './resume/find-common.ts'
import type { FollowContext } from './resume/follow.ts'
import { IdentityCheck } from './resume/identity.ts'
import { isUnknownBookmark, locateBookmark } from './resume/locate-bookmark.ts'
import type { Rewound, StreamEvent } from './resume/stream-event.ts'
import { Trail } from './resume/trail.ts'
import type { StreamBlock } from './sequencer/block-checkpoint.ts'
import { type BlockEvent, readBlocks } from './sequencer/blocks.ts'
import { MissingExtensions } from './stream/extensions.ts'
import { Iteration } from './stream/iteration.ts'

/**
 * A client of one stream. Questions share a connection that is dialled when it is needed; every iteration has its own.
 *
 * Entries borrow the memory that they were received in. It is never written to again, so they stay valid, but one entry
 * keeps its whole chunk (64 KiB, or more for large and for compressed entries): copy what is kept for long.
 *
 * @see docs/spec/protocol.md
 */
export class StreamClient implements EntrySource, AsyncDisposable {
  readonly #settings: Settings
  readonly #identity: IdentityCheck
  readonly #missing: MissingExtensions
  readonly #control: ControlConnection
  readonly #lifetime: AbortController = new AbortController()
  readonly #detach: () => void

  /**
   * A client that dials when it is first asked for something.
   *
   * @param address `host:port`, `tls://host:port` or `tcp://host:port`, an IPv6 address in brackets; or as options
   * @throws {TypeError} if it is no address @throws {RangeError} if an option is out of range
   */
  constructor(address: string, options?: ConnectOptions)
  /** As above, with the address among the options. */
  constructor(options: ClientOptions)
  constructor(address: string | ClientOptions, rest: ConnectOptions = {}) {
    const options = typeof address === 'string' ? withAddress(address, rest) : address
    this.#settings = settingsOf(options)
    this.#identity = new IdentityCheck(this.#settings)
    this.#missing = new MissingExtensions(this.#settings.clock)
    this.#control = new ControlConnection(this.#settings)
    const { signal } = options
    const abort = (): void => {
      this.#lifetime.abort(signal?.reason)
      this.#control.fail(signal?.reason)
    }
    if (signal?.aborted) abort()
    signal?.addEventListener('abort', abort, { once: true })
    this.#detach = () => signal?.removeEventListener('abort', abort)
  }

  /** `host:port`, with brackets around an IPv6 address. */
  get name(): string {
    return this.#settings.name
  }

  /**
   * What the stream says of itself now.
   *
   * @throws {StreamChangedError} if it is another stream than expected, or than before
   * @throws {ConnectionError | ProtocolError | ServerRefusedError}
   */
  async getHeader(options: QueryOptions = {}): Promise<Header> {
    return this.#identity.check(await this.#control.query(requestHeader, this.#signal(options)))
  }

  /**
   * An entry by number; `undefined` if the stream does not have it.
   *
   * @throws {RangeError} if the number is none
   * @throws {ConnectionError | ProtocolError | ServerRefusedError}
   */
  async getEntry(entryNumber: U64, options: QueryOptions = {}): Promise<Entry | undefined> {
    const number = u64Of(entryNumber, 'entryNumber')
    return this.#control.query((channel) => requestEntry(channel, number), this.#signal(options))
  }

  /**
   * Number of a bookmark's own entry; `undefined` if there is no such bookmark. Takes a connection of its own.
   *
   * @param bookmark 1 to 16 bytes
   * @throws {RangeError} if it is empty or longer
   * @throws {ConnectionError | ProtocolError | ServerRefusedError | StreamChangedError}
   */
  async getBookmark(bookmark: Uint8Array, options: QueryOptions = {}): Promise<bigint | undefined> {
    try {
      return await locateBookmark(this.#settings, this.#identity, bookmark, this.#signal(options))
    } catch (error) {
      if (isUnknownBookmark(error)) return undefined
      throw error
    }
  }

  /**
   * The first entry after a bookmark that is not itself a bookmark; `undefined` if there is no such bookmark, or nothing
   * after it.
   *
   * @param bookmark 1 to 16 bytes
   * @throws {RangeError} if it is empty or longer
   * @throws {ConnectionError | ProtocolError | ServerRefusedError}
   */
  getFirstEventAfterBookmark(bookmark: Uint8Array, options: QueryOptions = {}): Promise<Entry | undefined> {
    return this.#control.query((channel) => requestBookmark(channel, bookmark), this.#signal(options))
  }

  /**
   * The newest of some checkpoints, in any order, that the stream still has; `undefined` if it has none of them. One that
   * lies beyond the head counts as not held.
   *
   * @throws {TypeError} if one of them is no checkpoint
   * @throws {ConnectionError | ProtocolError | ServerRefusedError}
   */
  findCommon(checkpoints: readonly Checkpoint[], options: QueryOptions = {}): Promise<Checkpoint | undefined> {
    return findCommon((number) => this.getEntry(number, options), checkpoints)
  }

  /**
   * The entries from one bookmark's own entry to another's, both included, on a connection of their own. One command on
   * servers that know RangeBookmark; on others the end is looked up first.
   *
   * @throws {NotFoundError} if there is no such bookmark, or the end lies before the start
   * @throws as {@link entries}
   */
  getRange(from: Uint8Array, to: Uint8Array, options: ReadOptions = {}): AsyncGenerator<Entry, void, void> {
    return this.entries({ ...options, from: { bookmark: from }, to: { bookmark: to } })
  }

  /**
   * Every entry, or every one of the types asked for, in order, once; goes on by itself over lost connections.
   *
   * @throws {TruncatedError} if the stream no longer holds what was delivered
   * @throws {NotFoundError} if there is no such start or end; an entry beyond the head is waited for, unless `follow` is false
   * @throws {StreamChangedError} if the server now has another stream
   * @throws {ProtocolError} if the server breaks the protocol again and again
   * @throws {ConnectionError} after `backoff.maxAttempts`
   */
  entries(options: IterationOptions = {}): AsyncGenerator<Entry, void, void> {
    return this.#iterate(options, async function* (context, stop) {
      for await (const batch of readBatches(context, options, stop)) for (const entry of batch) yield entry
    })
  }

  /** As {@link entries}, in batches as they were received: the fast way. */
  batches(options: IterationOptions = {}): AsyncGenerator<readonly Entry[], void, void> {
    return this.#iterate(options, (context, stop) => readBatches(context, options, stop))
  }

  /**
   * As {@link batches}, with what happens to the connection, with operation boundaries if they are asked for, with how far
   * `types` were looked for, and with `rewound` if `from` is a list of checkpoints.
   */
  events(options?: EventsOptions & { readonly from?: From | undefined }): AsyncGenerator<StreamEvent, void, void>
  /** As above, after the newest of some checkpoints that the stream still has. */
  events(options: EventsOptions): AsyncGenerator<StreamEvent | Rewound, void, void>
  events(options: EventsOptions = {}): AsyncGenerator<StreamEvent | Rewound, void, void> {
    return this.#iterate(options, (context, stop) => readEvents(context, options, stop))
  }

  /**
   * The L2 blocks of a sequencer's stream, in order, once, each as soon as it is complete.
   *
   * @throws as {@link entries}; `SequenceError`, `AssemblyLimitError`, `SequencerEntryError` of
   * `@datastreamer/sequencer-entries` if the entries make no blocks
   */
  blocks({ after, ...options }: BlocksOptions = {}): AsyncGenerator<StreamBlock, void, void> {
    const from = after === undefined ? options.from : { after }
    return this.#iterate(options, async function* (context, stop) {
      for await (const event of readBlocks(context, { ...options, from }, stop)) {
        if (event.kind === 'block') yield event.block
      }
    })
  }

  /**
   * As {@link blocks}, after the newest of some checkpoints that the stream still has. When history was rewritten, while
   * nobody read it or now, a `rewound` event says which blocks are no longer the stream's: those whose `entryNumber` is its
   * `nextEntry` or more. The blocks that took their numbers follow.
   */
  blockEvents({ after, ...options }: BlockEventsOptions): AsyncGenerator<BlockEvent, void, void> {
    return this.#iterate(options, (context, stop) => readBlocks(context, { ...options, trail: new Trail(after) }, stop))
  }

  /** End every iteration and question, and close all connections. */
  async close(): Promise<void> {
    this.#detach()
    this.#lifetime.abort(new ConnectionError('CLOSED', 'the client was closed'))
    await this.#control.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #iterate<T>(
    { signal, onAbort = 'throw' }: ReadOptions,
    read: (context: FollowContext, stop: AbortSignal) => AsyncGenerator<T, void, void>,
  ): AsyncGenerator<T, void, void> {
    const signals = signal === undefined ? [this.#lifetime.signal] : [this.#lifetime.signal, signal]
    return new Iteration((stop) => read(this.#contextOf(stop), stop), { signals, onAbort })
  }

  #contextOf(stop: AbortSignal): FollowContext {
    return {
      settings: this.#settings,
      identity: this.#identity,
      missing: this.#missing,
      lookUp: (entryNumber) => this.getEntry(entryNumber, { signal: stop }),
      look: (again, ended) => this.#look(again, AbortSignal.any([stop, ended])),
    }
  }

  /** The header beside a stream; now and then on a connection of its own, so that a quiet client holds no second one. */
  async #look(again: boolean, signal: AbortSignal): Promise<Header> {
    if (again) return this.getHeader({ signal })
    const control = new ControlConnection(this.#settings)
    try {
      return this.#identity.check(await control.query(requestHeader, signal))
    } finally {
      await control.close()
    }
  }

  #signal({ signal }: QueryOptions): AbortSignal {
    return signal === undefined ? this.#lifetime.signal : AbortSignal.any([this.#lifetime.signal, signal])
  }
}

import {
  type Entry,
  type Header,
  type OperationEvent,
  type OperationSource,
  type SignedDigest,
  type U64,
  u64Of,
} from '@datastreamer/format'
import type { Checkpoint } from './checkpoint.ts'
import { ClientCore } from './client-core.ts'
import type {
  BlockEventsOptions,
  BlocksOptions,
  EventsOptions,
  IterationOptions,
  QueryOptions,
  ReadOptions,
} from './iteration-options.ts'
import { operationEvents } from './operations.ts'
import { type ClientOptions, type ConnectOptions, withAddress } from './options.ts'
import type { From } from './position.ts'
import { requestBookmark, requestEntry } from './query/queries.ts'
import { requestSignatures } from './query/request-signatures.ts'
import { readBatches, readEvents } from './reading.ts'
import { findCommon } from './resume/find-common.ts'
import { isUnknownBookmark } from './resume/locate-bookmark.ts'
import type { Rewound, StreamEvent } from './resume/stream-event.ts'
import { Trail } from './resume/trail.ts'
import type { StreamBlock } from './sequencer/block-checkpoint.ts'
import { type BlockEvent, readBlocks } from './sequencer/blocks.ts'

/**
 * A client of one stream. Questions share a connection that is dialled when it is needed; every iteration has its own.
 *
 * Entries borrow the memory that they were received in. It is never written to again, so they stay valid, but one entry
 * keeps its whole chunk (64 KiB, or more for large and for compressed entries): copy what is kept for long.
 *
 * @see docs/spec/protocol.md
 */
export class StreamClient implements OperationSource, AsyncDisposable {
  readonly #core: ClientCore

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
    this.#core = new ClientCore(typeof address === 'string' ? withAddress(address, rest) : address)
  }

  /** `host:port`, with brackets around an IPv6 address. */
  get name(): string {
    return this.#core.settings.name
  }

  /**
   * What the stream says of itself now.
   *
   * @throws {StreamChangedError} if it is another stream than expected, or than before
   * @throws {ConnectionError | ProtocolError | ServerRefusedError}
   */
  getHeader(options: QueryOptions = {}): Promise<Header> {
    return this.#core.header(options)
  }

  /**
   * An entry by number; `undefined` if the stream does not have it.
   *
   * @throws {RangeError} if the number is none
   * @throws {ConnectionError | ProtocolError | ServerRefusedError}
   */
  async getEntry(entryNumber: U64, options: QueryOptions = {}): Promise<Entry | undefined> {
    const number = u64Of(entryNumber, 'entryNumber')
    return this.#core.query((channel) => requestEntry(channel, number), options)
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
      return await this.#core.locateBookmark(bookmark, options)
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
    return this.#core.query((channel) => requestBookmark(channel, bookmark), options)
  }

  /**
   * The signatures of the first place after an entry that has any, one of each key: whoever signed vouches for all entries before
   * `nextEntry`. They are not verified. docs/spec/protocol.md §12.
   *
   * @throws {RangeError} if the number is none
   * @throws {UnsignedStreamError} `NOT_SIGNED` if the server has no signatures
   * @throws {ConnectionError | ProtocolError | ServerRefusedError}
   */
  async getSignatures(entryNumber: U64, options: QueryOptions = {}): Promise<readonly SignedDigest[]> {
    const number = u64Of(entryNumber, 'entryNumber')
    return this.#core.query((channel) => requestSignatures(channel, number), options)
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
   * Every entry, or every one of the types asked for, in order, once; goes on by itself over lost connections. Those that a
   * history has come from there.
   *
   * @throws {TruncatedError} if the stream no longer holds what was delivered
   * @throws {NotFoundError} if there is no such start or end; an entry beyond the head is waited for, unless `follow` is false
   * @throws {StreamChangedError} if the server now has another stream
   * @throws {ProtocolError} if the server breaks the protocol again and again
   * @throws {ConnectionError} after `backoff.maxAttempts`
   * @throws {HistoryDiffersError} if history and server disagree
   * @throws what the history fails with for good
   */
  entries(options: IterationOptions = {}): AsyncGenerator<Entry, void, void> {
    return this.#core.iterate(options, async function* (context, stop) {
      for await (const batch of readBatches(context, options, stop)) for (const entry of batch) yield entry
    })
  }

  /** As {@link entries}, in batches as they were received: the fast way. */
  batches(options: IterationOptions = {}): AsyncGenerator<readonly Entry[], void, void> {
    return this.#core.iterate(options, (context, stop) => readBatches(context, options, stop))
  }

  /**
   * As {@link batches}, with what happens to the connection, with operation boundaries if they are asked for, with how far
   * `types` were looked for, and with `rewound` if `from` is a list of checkpoints.
   */
  events(options?: EventsOptions & { readonly from?: From | undefined }): AsyncGenerator<StreamEvent, void, void>
  /** As above, after the newest of some checkpoints that the stream still has. */
  events(options: EventsOptions): AsyncGenerator<StreamEvent | Rewound, void, void>
  events(options: EventsOptions = {}): AsyncGenerator<StreamEvent | Rewound, void, void> {
    return this.#core.iterate(options, (context, stop) => readEvents(context, options, stop))
  }

  /**
   * As {@link batches}, with the operation boundaries that the server sends; they are unknown where it sends none. That reading
   * with `follow: false` ends at the head is a boundary in any case. docs/spec/protocol.md §7.
   */
  operations(options: IterationOptions = {}): AsyncGenerator<OperationEvent, void, void> {
    return this.#core.iterate(options, (context, stop) =>
      operationEvents(readEvents(context, { ...options, boundaries: true }, stop), options),
    )
  }

  /**
   * The L2 blocks of a sequencer's stream, in order, once, each as soon as it is complete.
   *
   * @throws as {@link entries}; `SequenceError`, `AssemblyLimitError`, `SequencerEntryError` of
   * `@datastreamer/sequencer-entries` if the entries make no blocks
   */
  blocks({ after, ...options }: BlocksOptions = {}): AsyncGenerator<StreamBlock, void, void> {
    const from = after === undefined ? options.from : { after }
    return this.#core.iterate(options, async function* (context, stop) {
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
    return this.#core.iterate(options, (context, stop) =>
      readBlocks(context, { ...options, trail: new Trail(after) }, stop),
    )
  }

  /** End every iteration and question, and close all connections. */
  async close(): Promise<void> {
    await this.#core.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

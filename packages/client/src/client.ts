import type { Entry, Header } from '@datastreamer/format'
import { ConnectionError } from './errors.ts'
import { type ClientOptions, type Settings, settingsOf } from './options.ts'
import { ControlConnection } from './query/control.ts'
import { requestBookmark, requestEntry, requestHeader } from './query/queries.ts'
import type { From, To } from './resume/cursor.ts'
import { type FollowContext, follow, type StreamEvent } from './resume/follow.ts'
import type { HeaderWatch } from './resume/head-watch.ts'
import { StreamIdentity } from './resume/identity.ts'
import { Iteration } from './stream/iteration.ts'

export interface QueryOptions {
  /** Ends the wait; its reason is thrown. */
  readonly signal?: AbortSignal | undefined
}

export interface IterationOptions extends QueryOptions {
  /** Where to start (default 0n, the first entry). */
  readonly from?: From | undefined
  /** Last entry, included (default: none). */
  readonly to?: To | undefined
  /** `false`: end at the head that the header shows when the iteration starts (default `true`). */
  readonly follow?: boolean | undefined
  /**
   * Look the first entry at the head up before it is delivered: the original Go server sends a stale or uncommitted one
   * there (default: only where `boundaries` were asked for and not understood).
   */
  readonly verifyHead?: boolean | undefined
}

export interface EventsOptions extends IterationOptions {
  /** Ask for operation boundaries (default `false`). docs/spec/protocol.md §7. */
  readonly boundaries?: boolean | undefined
  /**
   * Have the header at every interval, on the connection for questions, also while entries come (default: it is asked for
   * only if the stream is silent, see `headCheckMs`).
   */
  readonly headers?: HeaderWatch | undefined
}

/**
 * A client of one stream. Questions share a connection that is dialled when it is needed; every iteration has its own.
 *
 * Entries borrow the memory that they were received in. It is never written to again, so they stay valid, but one entry
 * keeps its whole chunk (64 KiB, or more for large entries): copy what is kept for long.
 *
 * @see docs/spec/protocol.md
 */
export class StreamClient implements AsyncDisposable {
  readonly #settings: Settings
  readonly #identity: StreamIdentity
  readonly #control: ControlConnection
  readonly #lifetime: AbortController = new AbortController()
  readonly #detach: () => void

  /** A client that dials when it is first asked for something. @throws {RangeError} if an option is out of range */
  constructor(options: ClientOptions) {
    this.#settings = settingsOf(options)
    this.#identity = new StreamIdentity(this.#settings)
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
   * @throws {ConnectionError | ProtocolError | ServerRefusedError}
   */
  getEntry(entryNumber: bigint, options: QueryOptions = {}): Promise<Entry | undefined> {
    return this.#control.query((channel) => requestEntry(channel, entryNumber), this.#signal(options))
  }

  /**
   * The first entry after a bookmark that is not itself a bookmark; `undefined` if there is no such bookmark, or nothing
   * after it.
   *
   * @param bookmark 1 to 16 bytes
   * @throws {RangeError} if it is empty or longer
   * @throws {ConnectionError | ProtocolError | ServerRefusedError}
   */
  getBookmark(bookmark: Uint8Array, options: QueryOptions = {}): Promise<Entry | undefined> {
    return this.#control.query((channel) => requestBookmark(channel, bookmark), this.#signal(options))
  }

  /**
   * The entries from one bookmark's own entry to another's, both included, on a connection of their own. One command on
   * servers that know RangeBookmark; on others the end is looked up first.
   *
   * @throws {ServerRefusedError} `BAD_FROM_BOOKMARK`, or `BAD_TO_BOOKMARK` also if the end lies before the start
   * @throws as {@link entries}
   */
  getRange(from: Uint8Array, to: Uint8Array, options: QueryOptions = {}): AsyncGenerator<Entry, void, void> {
    return this.entries({ ...options, from: { bookmark: from }, to: { bookmark: to } })
  }

  /**
   * Every entry, in order, once; goes on by itself over lost connections.
   *
   * @throws {TruncatedError} if the stream no longer holds what was delivered
   * @throws {StreamChangedError} if the server now has another stream
   * @throws {ServerRefusedError} if there is no such start or end
   * @throws {ProtocolError} if the server breaks the protocol again and again
   * @throws {ConnectionError} after `backoff.maxAttempts`
   */
  entries(options: IterationOptions = {}): AsyncGenerator<Entry, void, void> {
    return this.#iterate(options, async function* (events) {
      for await (const event of events) {
        if (event.kind !== 'entries') continue
        for (const entry of event.entries) yield entry
      }
    })
  }

  /** As {@link entries}, in runs as they were received: the fast way. */
  batches(options: IterationOptions = {}): AsyncGenerator<readonly Entry[], void, void> {
    return this.#iterate(options, async function* (events) {
      for await (const event of events) if (event.kind === 'entries') yield event.entries
    })
  }

  /** As {@link batches}, with what happens to the connection, and with operation boundaries if they are asked for. */
  events(options: EventsOptions = {}): AsyncGenerator<StreamEvent, void, void> {
    return this.#iterate(options, (events) => events)
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
    options: EventsOptions,
    shape: (events: AsyncGenerator<StreamEvent, void, void>) => AsyncGenerator<T, void, void>,
  ): AsyncGenerator<T, void, void> {
    const { from = 0n, to, follow: goOn = true, boundaries = false, verifyHead, headers, signal } = options
    return new Iteration(
      (stop) => {
        const context: FollowContext = {
          settings: this.#settings,
          identity: this.#identity,
          lookUp: (entryNumber) => this.getEntry(entryNumber, { signal: stop }),
          look: (again, ended) => this.#look(again, AbortSignal.any([stop, ended])),
        }
        return shape(follow(context, { from, to, follow: goOn, boundaries, verifyHead, headers }, stop))
      },
      signal === undefined ? [this.#lifetime.signal] : [this.#lifetime.signal, signal],
    )
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

/**
 * Connect to a server, once, and check that it has the stream that is expected.
 *
 * @throws {ConnectionError} if it cannot be reached or closes the connection, as one with another stream type does
 * @throws {StreamChangedError} if its header shows another stream than the options ask for
 */
export async function connect(options: ClientOptions): Promise<StreamClient> {
  const client = new StreamClient(options)
  try {
    await client.getHeader()
    return client
  } catch (error) {
    await client.close()
    throw error
  }
}

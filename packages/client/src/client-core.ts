import type { Header } from '@datastreamer/format'
import type { Channel } from './connection/channel.ts'
import { ConnectionError } from './errors.ts'
import type { QueryOptions, ReadOptions } from './iteration-options.ts'
import { type ClientOptions, type Settings, settingsOf } from './options.ts'
import { askOnce, ControlConnection } from './query/control.ts'
import { requestEntry, requestHeader } from './query/queries.ts'
import type { FollowContext } from './resume/follow-options.ts'
import { History } from './resume/history.ts'
import { IdentityCheck } from './resume/identity.ts'
import { locateBookmark } from './resume/locate-bookmark.ts'
import { type ProvingKeys, provingKeys } from './resume/proof.ts'
import { MissingExtensions } from './stream/extensions.ts'
import { Iteration } from './stream/iteration.ts'

/** What the questions and iterations of one client share: the connection for questions, what is known of the server, an end. */
export class ClientCore {
  readonly settings: Settings
  readonly #identity: IdentityCheck
  readonly #missing: MissingExtensions
  readonly #control: ControlConnection
  readonly #history: History | undefined
  readonly #lifetime: AbortController = new AbortController()
  readonly #detach: () => void
  #keys: Promise<ProvingKeys> | undefined

  /** @throws {RangeError} if an option is out of range */
  constructor(options: ClientOptions) {
    this.settings = settingsOf(options)
    this.#identity = new IdentityCheck(this.settings)
    this.#missing = new MissingExtensions(this.settings.clock)
    this.#control = new ControlConnection(this.settings)
    const { history, signal } = options
    this.#history = history && new History(history, this.settings.clock)
    const abort = (): void => {
      this.#lifetime.abort(signal?.reason)
      this.#control.fail(signal?.reason)
    }
    if (signal?.aborted) abort()
    signal?.addEventListener('abort', abort, { once: true })
    this.#detach = () => signal?.removeEventListener('abort', abort)
  }

  /** The keys that entries are proven with; `undefined`: they need no proof. @throws {KeyError} */
  get keys(): Promise<ProvingKeys> | undefined {
    const { publicKeys } = this.settings
    if (publicKeys.length > 0) this.#keys ??= provingKeys(publicKeys)
    return this.#keys
  }

  /** Ask on the connection for questions. */
  query<T>(ask: (channel: Channel) => Promise<T>, options: QueryOptions): Promise<T> {
    return this.#control.query(ask, this.#signal(options))
  }

  /** Ask for the header. @throws {StreamChangedError} @throws {KeyError} if a public key is none */
  async header(options: QueryOptions): Promise<Header> {
    await this.keys
    return this.#identity.check(await this.query(requestHeader, options))
  }

  /** See `locateBookmark` of `resume`. */
  locateBookmark(bookmark: Uint8Array, options: QueryOptions): Promise<bigint> {
    return locateBookmark(this.settings, this.#identity, bookmark, this.#signal(options))
  }

  /** Begin an iteration, which ends with the client. */
  iterate<T>(
    { signal, onAbort = 'throw' }: ReadOptions,
    read: (context: FollowContext, stop: AbortSignal) => AsyncGenerator<T, void, void>,
  ): AsyncGenerator<T, void, void> {
    const signals = signal === undefined ? [this.#lifetime.signal] : [this.#lifetime.signal, signal]
    return new Iteration((stop) => read(this.#contextOf(stop), stop), { signals, onAbort })
  }

  /** End every iteration and question, and close all connections. */
  async close(): Promise<void> {
    this.#detach()
    this.#lifetime.abort(new ConnectionError('CLOSED', 'the client was closed'))
    await this.#control.close()
  }

  #contextOf(stop: AbortSignal): FollowContext {
    return {
      settings: this.settings,
      identity: this.#identity,
      missing: this.#missing,
      keys: this.keys,
      history: this.#history,
      lookUp: (number) => this.query((channel) => requestEntry(channel, number), { signal: stop }),
      look: (again, ended) => this.#look(again, AbortSignal.any([stop, ended])),
    }
  }

  /** The header beside a stream; now and then on a connection of its own, so that a quiet client holds no second one. */
  async #look(again: boolean, signal: AbortSignal): Promise<Header> {
    return again ? this.header({ signal }) : this.#identity.check(await askOnce(this.settings, requestHeader, signal))
  }

  #signal({ signal }: QueryOptions): AbortSignal {
    return signal === undefined ? this.#lifetime.signal : AbortSignal.any([this.#lifetime.signal, signal])
  }
}

import type { History } from '@datastreamer/archive'
import { type ClientOptions, connect, type StreamClient } from '@datastreamer/client'
import type { EntriesOptions, Entry, Header } from '@datastreamer/format'
import { tlsHint } from '@datastreamer/service/tls'
import { TLS_FLAGS } from './source-options.ts'
import type { StreamSource } from './stream-source.ts'

/** Attempts in a row to come back to a server whose stream is read to its end only. */
const MAX_ATTEMPTS = 5

export interface ServerSourceOptions extends Omit<ClientOptions, 'backoff' | 'history'> {
  /** Read before the server; closed with the source. */
  readonly history: History | undefined
  readonly follow: boolean
  readonly note: (line: string) => void
}

/** A stream of a server; notes say what happens to the connection. */
export class ServerSource implements StreamSource {
  readonly name: string
  readonly file = undefined
  readonly firstEntry = 0n
  readonly #client: StreamClient
  readonly #history: History | undefined
  readonly #note: (line: string) => void

  private constructor(client: StreamClient, { history, note }: ServerSourceOptions) {
    this.name = client.name
    this.#client = client
    this.#history = history
    this.#note = note
  }

  static async connect(options: ServerSourceOptions): Promise<ServerSource> {
    const { follow, note: _, ...rest } = options
    const client = await connect({ ...rest, ...(follow ? {} : { backoff: { maxAttempts: MAX_ATTEMPTS } }) })
    return new ServerSource(client, options)
  }

  getHeader(): Promise<Header> {
    return this.#client.getHeader()
  }

  getEntry(number: bigint): Promise<Entry | undefined> {
    return this.#client.getEntry(number)
  }

  getFirstEventAfterBookmark(bookmark: Uint8Array): Promise<Entry | undefined> {
    return this.#client.getFirstEventAfterBookmark(bookmark)
  }

  async *entries(options?: EntriesOptions): AsyncGenerator<Entry, void, void> {
    for await (const batch of this.batches(options)) yield* batch
  }

  async *batches(options: EntriesOptions = {}): AsyncGenerator<readonly Entry[], void, void> {
    let state: 'new' | 'connected' | 'lost' = 'new'
    for await (const event of this.#client.events(options)) {
      if (event.kind === 'entries') yield event.entries
      else if (event.kind === 'connected') {
        if (state === 'lost') this.#say('connected again')
        state = 'connected'
      } else if (event.kind === 'disconnected' && event.source === 'history') {
        this.#say(`the history failed: ${event.error.message}; trying again in ${Math.round(event.retryInMs)} ms`)
      } else if (event.kind === 'disconnected') {
        const lost = state === 'connected' ? 'lost the connection: ' : ''
        this.#say(`${lost}${this.#reasonOf(event.error)}; trying again in ${Math.round(event.retryInMs)} ms`)
        state = 'lost'
      }
    }
  }

  #say(what: string): void {
    this.#note(`datastreamer: ${this.name}: ${what}`)
  }

  /** Errors of the transport begin with the address. */
  #reasonOf(error: Error): string {
    const hint = tlsHint(error, TLS_FLAGS)
    return `${error.message.replace(`${this.name}: `, '')}${hint === undefined ? '' : ` (${hint})`}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.close()
    await this.#history?.[Symbol.asyncDispose]()
  }
}

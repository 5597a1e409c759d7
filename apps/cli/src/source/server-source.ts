import { type ClientOptions, connect, type StreamClient } from '@datastreamer/client'
import { type Entry, type Header, NotFoundError } from '@datastreamer/format'
import { tlsHint } from '@datastreamer/service/tls'
import { MissingError } from '../errors.ts'
import type { ReadOptions, Source, Start } from './source.ts'
import { TLS_FLAGS } from './source-options.ts'

/** Attempts in a row to come back to a server whose stream is read to its end only. */
const MAX_ATTEMPTS = 5

export interface ServerSourceOptions extends Omit<ClientOptions, 'backoff'> {
  readonly follow: boolean
  readonly note: (line: string) => void
}

/** A stream of a server. */
export class ServerSource implements Source {
  readonly name: string
  readonly file = undefined
  readonly #client: StreamClient
  readonly #note: (line: string) => void

  private constructor(client: StreamClient, note: (line: string) => void) {
    this.name = client.name
    this.#client = client
    this.#note = note
  }

  static async connect({ follow, note, ...options }: ServerSourceOptions): Promise<ServerSource> {
    const client = await connect({ ...options, ...(follow ? {} : { backoff: { maxAttempts: MAX_ATTEMPTS } }) })
    return new ServerSource(client, note)
  }

  getHeader(): Promise<Header> {
    return this.#client.getHeader()
  }

  getEntry(number: bigint): Promise<Entry | undefined> {
    return this.#client.getEntry(number)
  }

  getBookmark(bookmark: Uint8Array): Promise<Entry | undefined> {
    return this.#client.getFirstEventAfterBookmark(bookmark)
  }

  async *batches(options: ReadOptions): AsyncGenerator<readonly Entry[], void, void> {
    let state: 'new' | 'connected' | 'lost' = 'new'
    try {
      for await (const event of this.#client.events(options)) {
        if (event.kind === 'entries') yield event.entries
        else if (event.kind === 'connected') {
          if (state === 'lost') this.#say('connected again')
          state = 'connected'
        } else if (event.kind === 'disconnected') {
          const lost = state === 'connected' ? 'lost the connection: ' : ''
          this.#say(`${lost}${this.#reasonOf(event.error)}; trying again in ${Math.round(event.retryInMs)} ms`)
          state = 'lost'
        }
      }
    } catch (error) {
      throw this.#explain(error, options.from)
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

  #explain(error: unknown, from: Start): unknown {
    if (!(error instanceof NotFoundError) || error.code !== 'FROM_NOT_FOUND') return error
    const missing = typeof from === 'object' ? `bookmark of ${from.of}` : `entry ${from}`
    return new MissingError('NOT_FOUND', `${this.name} has no ${missing}`, { cause: error })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.close()
  }
}

import { LocationError } from '../errors.ts'
import { type WebResponse, type WebSignal, web } from '../web.ts'
import type { HttpClock } from './clock.ts'
import type { AnswerHeaders } from './headers.ts'

/** Ends one request: by the caller's signal, or because nothing arrives. */
export class Watch implements Disposable {
  readonly #controller = new web.AbortController()
  readonly #clock: HttpClock
  readonly #caller: WebSignal | undefined
  readonly #onAbort = (): void => this.#controller.abort(this.#caller?.reason)
  #stop: (() => void) | undefined

  constructor(clock: HttpClock, caller: WebSignal | undefined) {
    this.#clock = clock
    this.#caller = caller
    if (caller?.aborted) this.#onAbort()
    else caller?.addEventListener('abort', this.#onAbort)
  }

  get signal(): WebSignal {
    return this.#controller.signal
  }

  /** Wait for something of the request, for so long at most. Throws what ended the request, if something did. */
  async within<T>(ms: number, what: string, wait: () => Promise<T>): Promise<T> {
    this.signal.throwIfAborted()
    const late = (): void =>
      this.#controller.abort(new LocationError('TIMEOUT', `${what} for ${ms} ms`, { retryable: true }))
    this.#stop = this.#clock.after(ms, late)
    try {
      return await wait()
    } catch (error) {
      this.signal.throwIfAborted()
      throw error
    } finally {
      this.#stop()
    }
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason)
  }

  [Symbol.dispose](): void {
    this.#stop?.()
    this.#caller?.removeEventListener('abort', this.#onAbort)
  }
}

export interface AnswerOptions {
  /** For messages. */
  readonly shown: string
  readonly idleTimeoutMs: number
  readonly watch: Watch
}

/** The answer to one request. Disposing of it ends the transfer. */
export class Answer implements AsyncDisposable {
  readonly status: number
  readonly headers: AnswerHeaders
  /** For messages. */
  readonly shown: string
  readonly #reader: ReturnType<NonNullable<WebResponse['body']>['getReader']> | undefined
  readonly #options: AnswerOptions
  #ended = false

  constructor(response: WebResponse, options: AnswerOptions) {
    this.status = response.status
    this.headers = response.headers
    this.shown = options.shown
    this.#reader = response.body?.getReader()
    this.#options = options
  }

  /** The bytes as they arrive. @throws {LocationError} `TIMEOUT`, `UNREACHABLE`: both may be tried again */
  async *chunks(): AsyncGenerator<Uint8Array, void, void> {
    const { watch, idleTimeoutMs, shown } = this.#options
    if (this.#reader === undefined) return
    const reader = this.#reader
    for (;;) {
      const read = (): ReturnType<typeof reader.read> =>
        reader.read().catch((error: unknown) => {
          throw brokenConnection(shown, error)
        })
      const { done, value } = await watch.within(idleTimeoutMs, `${shown}: no bytes`, read)
      if (done) break
      if (value !== undefined) yield value
    }
    this.#ended = true
  }

  /** All bytes, of which there may be no more than `maxBytes`; `undefined` if there are. */
  async bytes(maxBytes: number): Promise<Uint8Array | undefined> {
    const chunks: Uint8Array[] = []
    let size = 0
    for await (const chunk of this.chunks()) {
      size += chunk.length
      if (size > maxBytes) return undefined
      chunks.push(chunk)
    }
    const all = new Uint8Array(size)
    let at = 0
    for (const chunk of chunks) {
      all.set(chunk, at)
      at += chunk.length
    }
    return all
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { watch } = this.#options
    if (!this.#ended) {
      watch.abort(undefined)
      await this.#reader?.cancel().catch(() => undefined)
    }
    watch[Symbol.dispose]()
  }
}

/**
 * What broke a connection, as `fetch` says it: the reason is in the cause. What of it has no code is all in the message;
 * an error that has no cause is not one of a connection, and so is kept.
 */
export function brokenConnection(shown: string, error: unknown): LocationError {
  const { cause } = error as { readonly cause?: unknown }
  const { code, message } = (cause ?? error) as { readonly code?: string; readonly message?: string }
  const known = REASONS[code ?? message ?? '']
  const why = code === undefined ? (known ?? message ?? String(cause ?? error)) : `${known ?? message ?? ''} (${code})`
  const retryable = !FINAL.test(code ?? message ?? '')
  const kept = cause === undefined ? error : code === undefined ? undefined : cause
  return new LocationError('UNREACHABLE', `${shown}: ${why.trimStart()}`, { cause: kept, retryable })
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was reset',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name of the host cannot be resolved now',
  UND_ERR_SOCKET: 'the connection was closed',
  'bad port': 'requests to this port are refused by this platform (bad port)',
}

/** What does not change within seconds: no such host, no certificate that is trusted, a port of other services. */
const FINAL = /^(?:bad port|ENOTFOUND|CERT_|ERR_TLS|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ERR_INVALID_URL)/

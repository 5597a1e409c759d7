import type { AbortLike } from '../../abort.ts'
import { LocationError } from '../errors.ts'
import { type CacheMode, type FetchLike, type HttpMethod, type WebResponse, web } from '../web.ts'
import { type Address, parseAddress, shownAddress, shownUrl } from './address.ts'
import { Answer, brokenConnection, Watch } from './answer.ts'
import { type HttpClock, realClock } from './clock.ts'
import { failureOf } from './failure.ts'
import type { AnswerHeaders } from './headers.ts'
import { type RetryOptions, retry } from './retry.ts'
import { waitable } from './waitable.ts'

export interface HttpOptions extends RetryOptions {
  /**
   * How long to wait for the head of an answer, in milliseconds (default 30,000). What is sent has more time, as much as
   * 64 KiB/s take.
   */
  readonly connectTimeoutMs?: number
  /** How long to wait for more bytes of an answer, in milliseconds (default 30,000). */
  readonly idleTimeoutMs?: number
  /** Most requests for ranges at the same time (default 6). */
  readonly connections?: number
  /** Instead of the platform's `fetch`. */
  readonly fetch?: FetchLike
  /** Time and chance, for tests. */
  readonly clock?: HttpClock
}

export interface ClientOptions extends HttpOptions {
  /** Gives the headers that sign a request to the server that is named. */
  readonly sign?: Sign | undefined
}

/** What of a request is signed. */
export interface SignedRequest {
  readonly method: HttpMethod
  readonly url: string
  readonly body?: Uint8Array | undefined
}

export type Sign = (request: SignedRequest) => Promise<Readonly<Record<string, string>>>

export interface RequestOptions {
  readonly method?: HttpMethod
  readonly headers?: Readonly<Record<string, string>>
  /** Of a `PUT`. */
  readonly body?: Uint8Array
  readonly cache?: CacheMode | undefined
  readonly signal?: AbortLike | undefined
  /** Statuses that are answers, besides 200 and 206. */
  readonly accept?: readonly number[]
}

const DEFAULT_TIMEOUT_MS = 30_000
const MAX_REDIRECTS = 5
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
/** The slowest connection that a body is sent over: 64 KiB/s. */
const BYTES_PER_MS = 65.536
/** Addresses that moved for good, of which no more are remembered. */
const MAX_MOVED = 1024

/** Makes requests one by one: follows redirects, ends what is stuck, and turns what is no answer into errors. */
export class HttpClient {
  readonly clock: HttpClock
  readonly #options: ClientOptions
  readonly #fetch: FetchLike
  /** Addresses that moved for good. */
  readonly #moved = new Map<string, string>()

  constructor(options: ClientOptions = {}) {
    this.#options = options
    this.clock = options.clock ?? realClock
    this.#fetch = options.fetch ?? ((url, request) => web.fetch(url, request))
  }

  /** Do something with answers until it works. See {@link retry}. */
  retry<T>(attempt: (progress: () => void) => Promise<T>, signal?: AbortLike): Promise<T> {
    return retry(attempt, this.#options, this.clock, waitable(signal))
  }

  /**
   * Make one request.
   *
   * @throws {LocationError} any answer but success, or one of `accept`; `retryable` if it may pass
   */
  async request(address: Address, options: RequestOptions = {}): Promise<Answer> {
    const watch = new Watch(this.clock, waitable(options.signal))
    try {
      const { response, url } = await this.#follow(address, options, watch)
      const { idleTimeoutMs = DEFAULT_TIMEOUT_MS } = this.#options
      const answer = new Answer(response, { shown: shownUrl(url), idleTimeoutMs, watch })
      const { status } = response
      if (status === 200 || status === 206 || options.accept?.includes(status)) return answer
      throw await failureOf(answer, this.clock)
    } catch (error) {
      watch[Symbol.dispose]()
      throw error
    }
  }

  async #follow(
    address: Address,
    options: RequestOptions,
    watch: Watch,
  ): Promise<{ response: WebResponse; url: string }> {
    let url = this.#moved.get(address.url) ?? address.url
    let isPermanent = true
    for (let redirects = 0; ; redirects++) {
      const own = sameOrigin(url, address.url)
      const response = await this.#once(url, own ? address.headers : undefined, options, watch)
      if (!REDIRECTS.has(response.status)) return { response, url }
      const from = shownUrl(url)
      await response.body
        ?.getReader()
        .cancel()
        .catch(() => undefined)
      if (options.method === 'PUT') throw putRedirected(from, response.headers)
      if (redirects === MAX_REDIRECTS) throw new LocationError('BAD_REDIRECT', `${from}: redirected too often`)
      url = redirected(url, response.headers)
      isPermanent &&= response.status === 301 || response.status === 308
      if (isPermanent) this.#remember(address.url, url)
    }
  }

  #remember(from: string, to: string): void {
    this.#moved.set(from, to)
    const [oldest] = this.#moved.keys()
    if (this.#moved.size > MAX_MOVED && oldest !== undefined) this.#moved.delete(oldest)
  }

  async #once(
    url: string,
    own: Readonly<Record<string, string>> | undefined,
    { method = 'GET', headers, body, cache }: RequestOptions,
    watch: Watch,
  ): Promise<WebResponse> {
    const { connectTimeoutMs = DEFAULT_TIMEOUT_MS, sign } = this.#options
    const signed = own !== undefined && sign !== undefined ? await sign({ method, url, body }) : {}
    const all = { 'accept-encoding': 'identity', ...own, ...headers, ...signed }
    const { signal } = watch
    const rest = {
      // What is stored is in memory that can be sent.
      ...(body !== undefined && { body: body as Uint8Array<ArrayBuffer> }),
      ...(cache !== undefined && { cache }),
    }
    const shown = shownUrl(url)
    const send = async (redirect: 'manual' | 'follow'): Promise<WebResponse> => {
      try {
        return await this.#fetch(url, { method, headers: all, redirect, signal, ...rest })
      } catch (error) {
        signal.throwIfAborted()
        throw brokenConnection(shown, error)
      }
    }
    return watch.within(
      connectTimeoutMs + Math.ceil((body?.length ?? 0) / BYTES_PER_MS),
      `${shown}: no answer`,
      async () => {
        const response = await send('manual')
        // A browser does not say where to: it only follows by itself.
        return response.type === 'opaqueredirect' ? send('follow') : response
      },
    )
  }
}

function sameOrigin(a: string, b: string): boolean {
  return new web.URL(a).origin === new web.URL(b).origin
}

/** What is stored goes only where it was to go. */
function putRedirected(shown: string, headers: AnswerHeaders): LocationError {
  const region = headers.get('x-amz-bucket-region')
  const to = headers.get('location')
  const where = region !== null ? `the region ${JSON.stringify(region)}` : to === null ? 'nowhere' : shownAddress(to)
  return new LocationError('BAD_REDIRECT', `${shown}: not stored, redirected to ${where}`)
}

/** Where an answer redirects to. @throws {LocationError} `BAD_REDIRECT` */
function redirected(from: string, headers: AnswerHeaders): string {
  const shown = shownUrl(from)
  const location = headers.get('location')
  if (location === null) {
    const region = headers.get('x-amz-bucket-region')
    const why = region === null ? 'redirected to nowhere' : `the bucket is in the region ${JSON.stringify(region)}`
    throw new LocationError('BAD_REDIRECT', `${shown}: ${why}`)
  }
  let to: string
  try {
    to = parseAddress(new web.URL(location, from).href).url
  } catch (error) {
    throw new LocationError('BAD_REDIRECT', `${shown}: redirected to no address of the web`, { cause: error })
  }
  if (from.startsWith('https:') && to.startsWith('http:')) {
    throw new LocationError('BAD_REDIRECT', `${shown}: redirected from https to ${shownUrl(to)}`)
  }
  return to
}

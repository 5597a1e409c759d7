import type { AbortLike } from '../../abort.ts'
import { LocationError } from '../errors.ts'
import { type FetchLike, type WebResponse, type WebSignal, web } from '../web.ts'
import { type Address, parseAddress, shownUrl } from './address.ts'
import { Answer, brokenConnection, Watch } from './answer.ts'
import { type HttpClock, realClock } from './clock.ts'
import { type AnswerHeaders, retryAfterMs } from './headers.ts'
import { type RetryOptions, retry } from './retry.ts'

export interface HttpOptions extends RetryOptions {
  /** How long to wait for the head of an answer, in milliseconds (default 30,000). */
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
  readonly sign?: ((method: 'GET' | 'HEAD', url: string) => Promise<Readonly<Record<string, string>>>) | undefined
}

export interface GetOptions {
  readonly method?: 'GET' | 'HEAD'
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortLike | undefined
  /** Statuses that are answers, besides 200 and 206. */
  readonly accept?: readonly number[]
}

const DEFAULT_TIMEOUT_MS = 30_000
const MAX_REDIRECTS = 5
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
const MAY_PASS: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504])
/** Of an error's text, for the code in it. */
const ERROR_BYTES = 4096

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
  async get(address: Address, options: GetOptions = {}): Promise<Answer> {
    const watch = new Watch(this.clock, waitable(options.signal))
    try {
      const { response, url } = await this.#follow(address, options, watch)
      const { idleTimeoutMs = DEFAULT_TIMEOUT_MS } = this.#options
      const answer = new Answer(response, { shown: shownUrl(url), idleTimeoutMs, watch })
      const { status } = response
      if (status === 200 || status === 206 || options.accept?.includes(status)) return answer
      throw await this.#errorOf(answer)
    } catch (error) {
      watch[Symbol.dispose]()
      throw error
    }
  }

  async #follow(address: Address, options: GetOptions, watch: Watch): Promise<{ response: WebResponse; url: string }> {
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
      if (redirects === MAX_REDIRECTS) throw new LocationError('BAD_REDIRECT', `${from}: redirected too often`)
      url = redirected(url, response.headers)
      isPermanent &&= response.status === 301 || response.status === 308
      if (isPermanent) this.#moved.set(address.url, url)
    }
  }

  async #once(
    url: string,
    own: Readonly<Record<string, string>> | undefined,
    { method = 'GET', headers }: GetOptions,
    watch: Watch,
  ): Promise<WebResponse> {
    const { connectTimeoutMs = DEFAULT_TIMEOUT_MS, sign } = this.#options
    const signed = own !== undefined && sign !== undefined ? await sign(method, url) : {}
    const all = { 'accept-encoding': 'identity', ...own, ...headers, ...signed }
    const { signal } = watch
    const shown = shownUrl(url)
    const send = async (redirect: 'manual' | 'follow'): Promise<WebResponse> => {
      try {
        return await this.#fetch(url, { method, headers: all, redirect, signal })
      } catch (error) {
        signal.throwIfAborted()
        throw brokenConnection(shown, error)
      }
    }
    return watch.within(connectTimeoutMs, `${shown}: no answer`, async () => {
      const response = await send('manual')
      // A browser does not say where to: it only follows by itself.
      return response.type === 'opaqueredirect' ? send('follow') : response
    })
  }

  async #errorOf(answer: Answer): Promise<LocationError> {
    await using failed = answer
    const { status, headers, shown } = failed
    const text = await failed.bytes(ERROR_BYTES).catch(() => undefined)
    const named = text && /<Code>([A-Za-z]{1,64})<\/Code>/.exec(new web.TextDecoder().decode(text))?.[1]
    const what = named === undefined ? `status ${status}` : `status ${status}, ${named}`
    const wait = retryAfterMs(headers, this.clock)
    if (status === 404 || status === 410)
      return new LocationError('NOT_FOUND', `${shown}: not there (${what})`, { status })
    if (status === 401 || status === 403) return new LocationError('DENIED', `${shown}: denied (${what})`, { status })
    const later = wait === undefined ? '' : `, to be tried again in ${Math.ceil(wait / 1000)} s`
    const retryable = MAY_PASS.has(status)
    return new LocationError('HTTP_STATUS', `${shown}: ${what}${later}`, { status, retryable, retryAfterMs: wait })
  }
}

function sameOrigin(a: string, b: string): boolean {
  return new web.URL(a).origin === new web.URL(b).origin
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

/** A signal that can be waited for, if it is one; it is checked anyway. */
export function waitable(signal: AbortLike | undefined): WebSignal | undefined {
  if (signal === undefined) return undefined
  signal.throwIfAborted()
  return 'addEventListener' in signal ? (signal as WebSignal) : undefined
}

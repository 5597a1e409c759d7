import { FallbackError, RpcSetupError } from '../errors.ts'
import { asciiJson } from '../protocol/json-text.ts'
import type { AskOptions, Fallback } from './caller.ts'

/** Of a request that one of us passes on: nobody passes it on once more, which could go round in a circle. */
export const FORWARDED_HEADER = 'datastreamer-forwarded'

const MAX_SHOWN_CHARS = 40

export interface HttpFallbackOptions {
  /** Longest that an answer takes, ms (default 10,000). */
  readonly timeoutMs?: number | undefined
  /** Most bytes of an answer (default 32 MiB). */
  readonly maxBytes?: number | undefined
  /** Most calls at a time; others wait (default 16). */
  readonly maxParallel?: number | undefined
  /** Notified when the other server could not be asked: the call is answered as without it. */
  readonly onFault?: ((error: unknown) => void) | undefined
}

/**
 * Asks another JSON-RPC server, over HTTP, for what is not in the files. What it answers is passed on unverified, but for
 * its chain, which is asked for before its first use, and before the next one after it failed.
 */
export class HttpFallback implements Fallback {
  /** The URL without credentials. */
  readonly name: string
  readonly #url: string
  readonly #headers: Readonly<Record<string, string>>
  readonly #options: HttpFallbackOptions
  #working = 0
  readonly #waiting: (() => void)[] = []
  /** Asks of which chain it is, or has; absent after a failure. */
  #chain: { readonly id: Promise<string | undefined>; readonly signal: AbortSignal } | undefined

  /**
   * @param url of http or https; a user and password in it are sent as basic authentication
   * @throws {RpcSetupError} `BAD_URL`
   */
  constructor(url: string, options: HttpFallbackOptions = {}) {
    const parsed = parseUrl(url)
    const { username, password } = parsed
    const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
    parsed.username = ''
    parsed.password = ''
    this.#url = parsed.href
    this.name = parsed.origin
    this.#headers = {
      'content-type': 'application/json',
      [FORWARDED_HEADER]: '1',
      ...((username || password) && { authorization: `Basic ${btoa(credentials)}` }),
    }
    this.#options = options
  }

  async ask(method: string, params: readonly unknown[], { chainId, signal }: AskOptions): Promise<string | undefined> {
    const { maxParallel = 16, timeoutMs = 10_000, onFault } = this.#options
    if (this.#working >= maxParallel) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#working++
    try {
      signal.throwIfAborted()
      const limited = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
      await this.#checkChain(chainId, limited)
      return await this.#ask(method, params, limited)
    } catch (error) {
      signal.throwIfAborted()
      this.#chain = undefined
      onFault?.(error)
      return undefined
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#working--
      else next()
    }
  }

  /** @throws {FallbackError} `WRONG_CHAIN`, and as {@link HttpFallback.#ask} */
  async #checkChain(wanted: bigint, signal: AbortSignal): Promise<void> {
    const id = await this.#chainId(signal)
    if (id === asciiJson(`0x${wanted.toString(16)}`)) return
    const found = id === undefined ? 'does not say of which chain it is' : `is of chain ${id.slice(0, MAX_SHOWN_CHARS)}`
    throw new FallbackError('WRONG_CHAIN', `the fallback ${found}, expected "0x${wanted.toString(16)}"`)
  }

  /** Asked once for all who want to know. */
  async #chainId(signal: AbortSignal): Promise<string | undefined> {
    for (;;) {
      this.#chain ??= { id: this.#ask('eth_chainId', [], signal), signal }
      const chain = this.#chain
      try {
        return await chain.id
      } catch (error) {
        if (this.#chain === chain) this.#chain = undefined
        signal.throwIfAborted()
        // It was the one who asked first who left, or was out of time.
        if (!chain.signal.aborted) throw error
      }
    }
  }

  async #ask(method: string, params: readonly unknown[], signal: AbortSignal): Promise<string | undefined> {
    const { maxBytes = 32 * 1024 * 1024 } = this.#options
    const response = await fetch(this.#url, {
      method: 'POST',
      headers: this.#headers,
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      redirect: 'error',
      signal,
    })
    const text = await textOf(response, maxBytes)
    if (!response.ok) throw new FallbackError('BAD_STATUS', `the fallback answered with status ${response.status}`)
    const answer: unknown = JSON.parse(text)
    if (typeof answer !== 'object' || answer === null) {
      throw new FallbackError('NOT_JSON_RPC', 'the fallback answered something else than JSON-RPC')
    }
    const { result, error } = answer as { readonly result?: unknown; readonly error?: unknown }
    if (result === undefined && error === undefined)
      throw new FallbackError('NOT_JSON_RPC', 'the fallback answered neither result nor error')
    return result === undefined || result === null ? undefined : asciiJson(result)
  }
}

function parseUrl(text: string): URL {
  const parsed = URL.canParse(text) ? new URL(text) : undefined
  if (parsed !== undefined && /^https?:$/.test(parsed.protocol)) return parsed
  throw new RpcSetupError('BAD_URL', 'the fallback has to be a URL of http or https')
}

async function textOf({ body }: Response, maxBytes: number): Promise<string> {
  if (body === null) return ''
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > maxBytes) throw new FallbackError('TOO_LARGE', `the fallback answered more than ${maxBytes} bytes`)
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

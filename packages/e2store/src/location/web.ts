// What is used of the platform, declared here: the package compiles without the types of a browser or of Node.

/** The real type where the platform has it, so that what is made here can be given to it. */
type Global<Name extends string, Otherwise> = typeof globalThis extends {
  readonly [N in Name]: { readonly prototype: infer T }
}
  ? T
  : Otherwise

export type WebSignal = Global<
  'AbortSignal',
  {
    readonly aborted: boolean
    readonly reason: unknown
    throwIfAborted(): void
    addEventListener(type: 'abort', listener: () => void): void
    removeEventListener(type: 'abort', listener: () => void): void
  }
>

/** What is used of a `Response`. */
export interface WebResponse {
  readonly status: number
  readonly type: string
  readonly url: string
  readonly headers: { get(name: string): string | null }
  readonly body: {
    getReader(): {
      read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>
      cancel(reason?: unknown): Promise<void>
    }
  } | null
}

export type HttpMethod = 'GET' | 'HEAD' | 'PUT'

/** What caches may answer: `reload` asks the server in any case, `no-cache` unless it says that nothing has changed. */
export type CacheMode = 'reload' | 'no-cache'

/** What `fetch` is called with. */
export interface WebRequest {
  readonly method: HttpMethod
  readonly headers: Record<string, string>
  readonly redirect: 'manual' | 'follow'
  readonly signal: WebSignal
  /** Of a `PUT`. */
  readonly body?: Uint8Array<ArrayBuffer>
  readonly cache?: CacheMode
}

/** `fetch`, or a function like it. */
export type FetchLike = (url: string, request: WebRequest) => Promise<WebResponse>

interface WebUrl {
  protocol: string
  username: string
  password: string
  hash: string
  search: string
  pathname: string
  readonly origin: string
  readonly host: string
  readonly href: string
}

interface Platform {
  readonly fetch: FetchLike
  readonly URL: new (text: string, base?: string) => WebUrl
  readonly AbortController: new () => { readonly signal: WebSignal; abort(reason?: unknown): void }
  readonly TextDecoder: new () => { decode(bytes: Uint8Array): string }
  readonly TextEncoder: new () => { encode(text: string): Uint8Array }
  setTimeout(work: () => void, ms: number): unknown
  clearTimeout(timer: unknown): void
  btoa(text: string): string
  readonly crypto: { readonly subtle: { digest(name: 'SHA-256', bytes: Uint8Array): Promise<ArrayBuffer> } }
}

/** The globals of the platform. */
export const web: Platform = globalThis as unknown as Platform

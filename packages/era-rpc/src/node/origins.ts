import type { IncomingMessage, ServerResponse } from 'node:http'
import { ANY } from './host-names.ts'

/** Says pages of which origins may read answers (CORS), and open WebSockets. */
export class Origins {
  readonly #origins: ReadonlySet<string>

  /** @param origins `https://example.org`; `*` stands for every one */
  constructor(origins: readonly string[]) {
    this.#origins = new Set(origins.map((origin) => origin.toLowerCase().replace(/\/$/, '')))
  }

  /** Only browsers send an origin. */
  allows(origin: string | undefined): boolean {
    return origin === undefined || this.#origins.has(ANY) || this.#origins.has(origin.toLowerCase())
  }

  /** Say to a browser that its page may read the answer. */
  mark({ headers }: IncomingMessage, response: ServerResponse): void {
    const { origin } = headers
    if (this.#origins.size === 0) return
    response.setHeader('vary', 'Origin')
    if (origin === undefined || !this.allows(origin)) return
    response.setHeader('access-control-allow-origin', this.#origins.has(ANY) ? ANY : origin)
    const asked = headers['access-control-request-method']
    if (asked === undefined) return
    response.setHeader('access-control-allow-methods', 'GET, POST, OPTIONS')
    response.setHeader('access-control-allow-headers', 'content-type')
    response.setHeader('access-control-max-age', '600')
  }
}

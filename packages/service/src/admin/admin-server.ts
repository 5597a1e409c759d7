import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, Server as TlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { ServerTlsOptions } from '@datastreamer/runtime'
import { escapeControls } from '../text/escape-controls.ts'
import { type Address, addressText } from './address.ts'
import { AdminConnections, httpLimits } from './admin-connections.ts'
import { HostNames } from './host-names.ts'

/** Whether a service can do its work. */
export interface Readiness {
  readonly ready: boolean
  /** Why not. */
  readonly reason?: string | undefined
}

/** What the admin endpoint shows. */
export interface AdminSources {
  readiness(): Readiness
  /** Plain data, or a promise of it; bigints become decimal strings. */
  status(): unknown
  /** Metrics in the text format of Prometheus. */
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>
}

export interface AdminOptions {
  readonly host: string
  readonly port: number
  readonly tls?: ServerTlsOptions | undefined
  /** Names beside its own under which it may be asked; `*` is every one. */
  readonly allowedHosts?: readonly string[] | undefined
  /** Time for a TLS handshake, for a request, and between two of them (default 5,000). */
  readonly requestTimeoutMs?: number | undefined
}

/** The admin endpoint: `/healthz`, `/readyz`, `/metrics` and `/api/status`, for GET and HEAD. */
export class AdminServer implements AsyncDisposable {
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  static async listen(sources: AdminSources, options: AdminOptions): Promise<AdminServer> {
    const { host, port, tls, allowedHosts, requestTimeoutMs = 5000 } = options
    const names = new HostNames(host, allowedHosts)
    const answer: RequestListener = (request, response) => {
      if (!names.allows(request.headers.host)) {
        misdirected(request.headers.host ?? '', response)
        return
      }
      respond(sources, request.method ?? '', request.url ?? '', response).catch((error: unknown) => {
        if (!response.headersSent) send(response, 500, 'text/plain', `${escapeControls(String(error))}\n`)
        else response.destroy()
      })
    }
    const limits = httpLimits(requestTimeoutMs)
    const server = tls === undefined ? createServer(limits, answer) : createTlsServer({ ...limits, ...tls }, answer)
    new AdminConnections(server)
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host, port }, () => {
        server.off('error', reject)
        resolve()
      })
    })
    return new AdminServer(server)
  }

  get address(): Address {
    const { address, port } = this.#server.address() as AddressInfo
    return { host: address, port }
  }

  /** Shake hands with another key and certificate from now on. */
  renewTls(tls: ServerTlsOptions): void {
    if (this.#server instanceof TlsServer) this.#server.setSecureContext(tls)
  }

  /** Stop at once. */
  async close(): Promise<void> {
    if (!this.#server.listening) return
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
      this.#server.closeAllConnections()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** `127.0.0.1:9090`. */
  toString(): string {
    return addressText(this.address)
  }
}

async function respond(sources: AdminSources, method: string, url: string, response: ServerResponse): Promise<void> {
  if (method !== 'GET' && method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD')
    send(response, 405, 'text/plain', 'GET or HEAD\n')
    return
  }
  switch (url.split('?', 1)[0]) {
    case '/healthz':
      send(response, 200, 'text/plain', 'ok\n')
      return
    case '/readyz': {
      const { ready, reason } = sources.readiness()
      send(
        response,
        ready ? 200 : 503,
        'text/plain',
        ready ? 'ready\n' : `not ready: ${escapeControls(reason ?? 'starting')}\n`,
      )
      return
    }
    case '/metrics': {
      const { contentType, text } = await sources.metrics()
      send(response, 200, contentType, text)
      return
    }
    case '/api/status':
      send(response, 200, 'application/json', `${escapeControls(JSON.stringify(await sources.status(), decimal))}\n`)
      return
    default:
      send(response, 404, 'text/plain', 'try /healthz, /readyz, /metrics or /api/status\n')
  }
}

function misdirected(host: string, response: ServerResponse): void {
  const text = `${JSON.stringify(host)} is no name of this endpoint: ask for its address, or see --admin-allowed-hosts`
  send(response, 421, 'text/plain', `${escapeControls(text)}\n`)
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, {
    'content-type': type.includes('charset') ? type : `${type}; charset=utf-8`,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  response.end(body)
}

function decimal(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}

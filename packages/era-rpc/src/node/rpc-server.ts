import { createServer, type Server, type ServerOptions } from 'node:http'
import { createServer as createTlsServer, Server as TlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { SecureContextOptions } from 'node:tls'
import type { Rpc } from '../dispatch/rpc.ts'
import { HeldBytes } from './held-bytes.ts'
import { HostNames } from './host-names.ts'
import { type HttpHandler, httpHandler } from './http-handler.ts'
import { Origins } from './origins.ts'
import { inTurn } from './socket-turns.ts'
import { WebSockets } from './websocket.ts'

export interface RpcServerOptions {
  /** Address to listen on (default `127.0.0.1`). */
  readonly host?: string | undefined
  /** 0 takes any free one (default 8545). */
  readonly port?: number | undefined
  /** Names beside addresses under which it may be asked, `*` is every one (default `localhost`). */
  readonly allowedHosts?: readonly string[] | undefined
  /** Origins of pages that may ask, `*` is every one (default none). */
  readonly allowedOrigins?: readonly string[] | undefined
  /** Answers what is asked for below `/eth/`: the Beacon API. */
  readonly beacon?: HttpHandler | undefined
  /** Key and certificate; clients then have to use TLS. */
  readonly tls?: (SecureContextOptions & { readonly requestCert?: boolean | undefined }) | undefined
  /** Most bytes of a request (default 5 MiB). */
  readonly maxBodyBytes?: number | undefined
  /** Most bytes of a message of a WebSocket (default 32 MiB). */
  readonly maxMessageBytes?: number | undefined
  /** Most bytes that are held for all clients: requests that have not come whole, answers that are not taken (default 64 MiB). */
  readonly maxHeldBytes?: number | undefined
  /** Most connections at a time (default 1,000). */
  readonly maxConnections?: number | undefined
  /** Time for a request to come, ms (default 30,000). */
  readonly requestTimeoutMs?: number | undefined
  /** Time after which a connection on which nothing moves is closed, ms (default 120,000). */
  readonly idleTimeoutMs?: number | undefined
  /** Time between two pings of a WebSocket, ms (default 30,000); at most also between two signs to an HTTP client that sends no more. */
  readonly pingMs?: number | undefined
  /** Notified of what nobody foresaw. */
  readonly onFault?: ((error: unknown) => void) | undefined
}

const MIB = 1024 * 1024
/** Longest time between two signs to a client that sends no more: who has left is noticed by the second one. */
const LONGEST_ASK_GONE_MS = 1000
/** Time between two looks for connections that were answered, once the server ends. */
const SWEEP_MS = 20

/** Serves JSON-RPC over HTTP and WebSocket, on one port. */
export class RpcServer implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets: WebSockets
  /** Where it listens, or did. */
  readonly address: { readonly host: string; readonly port: number }
  #closing: Promise<void> | undefined

  private constructor(server: Server, sockets: WebSockets) {
    const { address, port } = server.address() as AddressInfo
    this.address = { host: address, port }
    this.#server = server
    this.#sockets = sockets
  }

  static async listen(rpc: Rpc, options: RpcServerOptions = {}): Promise<RpcServer> {
    const { host = '127.0.0.1', port = 8545, tls, beacon, onFault = () => {} } = options
    const { maxBodyBytes = 5 * MIB, maxMessageBytes = 32 * MIB, maxConnections = 1000, pingMs = 30_000 } = options
    const hosts = new HostNames(options.allowedHosts ?? ['localhost'])
    const origins = new Origins(options.allowedOrigins ?? [])
    const heldBytes = new HeldBytes(options.maxHeldBytes ?? 64 * MIB)
    const askGoneMs = Math.min(pingMs, LONGEST_ASK_GONE_MS)
    const handler = inTurn(httpHandler({ rpc, hosts, origins, beacon, maxBodyBytes, heldBytes, askGoneMs, onFault }))
    const limits = limitsOf(options)
    const server = tls === undefined ? createServer(limits, handler) : createTlsServer({ ...limits, ...tls }, handler)
    // Who has sent all and closes that half of the connection is answered.
    Object.assign(server, { httpAllowHalfOpen: true })
    server.maxConnections = maxConnections
    server.setTimeout(options.idleTimeoutMs ?? 120_000)
    const sockets = new WebSockets(server, {
      ...{ rpc, hosts, origins, maxMessageBytes, maxConnections, heldBytes, pingMs, onFault },
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host, port }, () => {
        server.off('error', reject)
        resolve()
      })
    })
    return new RpcServer(server, sockets)
  }

  /** `http://127.0.0.1:8545`. */
  get url(): string {
    const { host, port } = this.address
    const scheme = this.#server instanceof TlsServer ? 'https' : 'http'
    return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`
  }

  /** WebSockets that are open. */
  get webSockets(): number {
    return this.#sockets.size
  }

  /** Shake hands with another key and certificate from now on. */
  renewTls(tls: SecureContextOptions): void {
    if (this.#server instanceof TlsServer) this.#server.setSecureContext(tls)
  }

  /** Accept nobody more, and let what was asked for be answered for at most `graceMs` (default 0). */
  close({ graceMs = 0 }: { readonly graceMs?: number } = {}): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      const disconnect = (): void => {
        this.#server.closeAllConnections()
        this.#sockets.terminate()
      }
      // A connection that was answered stays open for another request, which is not waited for.
      const sweep = setInterval(() => this.#server.closeIdleConnections(), SWEEP_MS)
      const timer = setTimeout(disconnect, graceMs)
      this.#server.close(() => {
        clearInterval(sweep)
        clearTimeout(timer)
        resolve()
      })
      this.#sockets.close()
    })
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

const MAX_HEADER_BYTES = 16_384

function limitsOf({ requestTimeoutMs = 30_000 }: RpcServerOptions): ServerOptions {
  return {
    requestTimeout: requestTimeoutMs,
    headersTimeout: requestTimeoutMs,
    connectionsCheckingInterval: Math.ceil(requestTimeoutMs / 5),
    keepAliveTimeout: 65_000,
    maxHeaderSize: MAX_HEADER_BYTES,
    noDelay: true,
  }
}

import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { ConnectionLimit } from '@datastreamer/runtime'

/** Connections at a time; one more evicts the one that was heard of least lately, of the address that has most. */
const MAX_CONNECTIONS = 64
/** Time from a request to the last byte of its answer taken. */
const ANSWER_TIMEOUT_MS = 10_000

/**
 * Settings of the HTTP server that go with it.
 *
 * @param ms deadline of a TLS handshake; of a request, from the end of that or of the answer before; and idle timeout
 */
export function httpLimits(ms: number): ServerOptions & { readonly handshakeTimeout: number } {
  return {
    handshakeTimeout: ms,
    requestTimeout: ms,
    headersTimeout: ms,
    keepAliveTimeout: ms,
    connectionsCheckingInterval: ms / 5,
    maxHeaderSize: 8192,
  }
}

/** Keeps the connections of an admin endpoint few and short, so that nobody can keep others from it. */
export class AdminConnections {
  /** By address and port: TLS has another socket than the one that was accepted. */
  readonly #sockets = new Map<string, Socket>()
  readonly #limit = new ConnectionLimit<string>({
    max: MAX_CONNECTIONS,
    onEvict: (peer) => this.#sockets.get(peer)?.destroy(),
  })

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => this.#enter(socket))
    server.prependListener('request', (request, response) => this.#onRequest(request, response))
  }

  #enter(socket: Socket): void {
    const peer = peerOf(socket)
    this.#sockets.set(peer, socket)
    this.#limit.add(peer, socket.remoteAddress ?? '')
    socket.once('close', () => {
      this.#sockets.delete(peer)
      this.#limit.remove(peer)
    })
  }

  #onRequest({ socket }: IncomingMessage, response: ServerResponse): void {
    this.#limit.touch(peerOf(socket))
    const late = setTimeout(() => socket.destroy(), ANSWER_TIMEOUT_MS).unref()
    response.once('close', () => clearTimeout(late))
  }
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}

import type { Socket } from 'node:net'
import { createServer, type Server } from 'node:tls'
import type { NetSocket, ServerTlsOptions, TlsAcceptor, TlsAcceptorOptions } from './net.ts'

interface Handshake {
  readonly onSecure: (secure: NetSocket) => void
  readonly onFailure: (code: string | undefined) => void
}

/** A TLS server that gets its connections from elsewhere. */
export class NodeTlsAcceptor implements TlsAcceptor {
  readonly #server: Server
  /** Those that are under way, by the address and port of the peer: nothing else leads from a secure socket to its own. */
  readonly #handshakes = new Map<string, Handshake>()

  constructor({ tls, handshakeTimeoutMs }: TlsAcceptorOptions) {
    this.#server = createServer({ ...tls, handshakeTimeout: handshakeTimeoutMs })
    this.#server.on('secureConnection', (secure) => {
      const handshake = this.#take(peerOf(secure))
      if (handshake === undefined) {
        secure.destroy()
        return
      }
      secure.allowHalfOpen = true
      handshake.onSecure(secure)
    })
    this.#server.on('tlsClientError', (error: NodeJS.ErrnoException, secure) => {
      this.#take(peerOf(secure))?.onFailure(error.code)
      secure.destroy()
    })
  }

  shakeHands(socket: NetSocket, onSecure: Handshake['onSecure'], onFailure: Handshake['onFailure']): void {
    // Whoever leaves in the middle of a handshake is gone; half open connections are for those that had theirs.
    socket.allowHalfOpen = false
    const peer = peerOf(socket)
    this.#handshakes.set(peer, { onSecure, onFailure })
    // The TLS server reports that too late to say who it was.
    socket.once('close', () => this.#take(peer)?.onFailure('ECONNRESET'))
    this.#server.emit('connection', socket as Socket)
  }

  renew(tls: ServerTlsOptions): void {
    this.#server.setSecureContext(tls)
  }

  #take(peer: string): Handshake | undefined {
    const handshake = this.#handshakes.get(peer)
    this.#handshakes.delete(peer)
    return handshake
  }
}

function peerOf({ remoteAddress, remotePort }: NetSocket): string {
  return `${remoteAddress} ${remotePort}`
}

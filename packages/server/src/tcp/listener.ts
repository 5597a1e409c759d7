import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls'
import { StreamError } from '@datastreamer/format'
import { Admission, type AdmissionLimits, plainAddress } from './admission.ts'
import type { RejectReason } from './server-events.ts'
import type { ListenOptions, ServerTlsOptions } from './server-options.ts'

/** The address cannot be listened on; `cause` holds the system's error. */
export class ListenError extends StreamError<'LISTEN_FAILED'> {
  override readonly retryable = true
}

/** Time for a TLS handshake. */
const HANDSHAKE_TIMEOUT_MS = 10_000
/** Clients that may wait to be accepted. */
const BACKLOG = 1024

export interface ListenerOptions extends AdmissionLimits {
  readonly keepAliveMs: number
  readonly onSocket: (socket: Socket, address: string) => void
  readonly onReject: (address: string, reason: RejectReason, code: string | undefined) => void
}

/** Lets clients in, up to the limits, and has those of TLS shake hands. */
export class Listener {
  readonly #options: ListenerOptions
  readonly #admission: Admission
  readonly #server: Server
  readonly #tlsServer: TlsServer | undefined
  readonly #sockets = new Set<Socket>()
  /** Addresses and ports of those that are in the middle of a TLS handshake. */
  readonly #shaking = new Set<string>()

  constructor(options: ListenerOptions, tls: ListenOptions['tls']) {
    this.#options = options
    this.#admission = new Admission(options)
    this.#tlsServer = tls && this.#createTlsServer(tls)
    const { keepAliveMs } = options
    this.#server = createServer(
      { allowHalfOpen: true, noDelay: true, keepAlive: keepAliveMs > 0, keepAliveInitialDelay: keepAliveMs },
      (socket) => this.#accept(socket),
    )
  }

  /** Where it listens, if it does. */
  get address(): AddressInfo | undefined {
    const address = this.#server.address()
    return address !== null && typeof address === 'object' ? address : undefined
  }

  /** @throws {ListenError} if the address is in use, is not ours, or may not be used */
  async listen(host: string, port: number): Promise<void> {
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.once('error', reject)
        this.#server.listen({ host, port, backlog: BACKLOG }, () => {
          this.#server.off('error', reject)
          resolve()
        })
      })
    } catch (error) {
      throw new ListenError('LISTEN_FAILED', `cannot listen on ${host}:${port}: ${(error as Error).message}`, {
        cause: error,
      })
    }
  }

  /** See `StreamServer.renewTls`. */
  renewTls(tls: ServerTlsOptions): void {
    if (this.#tlsServer === undefined) throw new TypeError('the server listens without TLS')
    this.#tlsServer.setSecureContext(tls)
  }

  /** Accept no more; resolves when the last connection is gone. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve())
    })
  }

  /** End what is still connected, whatever its state. */
  destroySockets(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  #accept(socket: Socket): void {
    const address = plainAddress(socket.remoteAddress)
    const reason = this.#admission.enter(address)
    if (reason !== undefined) {
      socket.destroy()
      this.#options.onReject(address, reason, undefined)
      return
    }
    this.#sockets.add(socket)
    socket.once('close', () => {
      this.#sockets.delete(socket)
      this.#admission.leave(address)
    })
    if (this.#tlsServer === undefined) this.#options.onSocket(socket, address)
    else {
      // Whoever leaves in the middle of a handshake is gone; half open connections are for those that had theirs.
      socket.allowHalfOpen = false
      const place = placeOf(socket)
      this.#shaking.add(place)
      // TLS tells of that too late to say who it was.
      socket.once('close', () => this.#failHandshake(place, address, 'ECONNRESET'))
      this.#tlsServer.emit('connection', socket)
    }
  }

  #createTlsServer(tls: NonNullable<ListenOptions['tls']>): TlsServer {
    const server = createTlsServer({ ...tls, handshakeTimeout: HANDSHAKE_TIMEOUT_MS })
    server.on('secureConnection', (socket) => {
      this.#shaking.delete(placeOf(socket))
      socket.allowHalfOpen = true
      this.#options.onSocket(socket, plainAddress(socket.remoteAddress))
    })
    server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
      this.#failHandshake(placeOf(socket), plainAddress(socket.remoteAddress), error.code)
      socket.destroy()
    })
    return server
  }

  /** Once for each handshake that fails. */
  #failHandshake(place: string, address: string, code: string | undefined): void {
    if (this.#shaking.delete(place)) this.#options.onReject(address, 'TLS_FAILED', code)
  }
}

function placeOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}

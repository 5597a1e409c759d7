import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls'
import { StreamError } from '@datastreamer/format'
import { Admission, type AdmissionLimits } from './admission.ts'
import { Descriptors } from './descriptors.ts'
import type { RejectReason } from './endpoint-events.ts'
import type { ListenOptions, ServerTlsOptions } from './listen-options.ts'
import { Lobby } from './lobby.ts'
import { plainAddress } from './share-of.ts'

/** The address cannot be listened on; `cause` holds the system's error. */
export class ListenError extends StreamError<'LISTEN_FAILED'> {
  override readonly name: string = 'ListenError'
  override readonly retryable = true
}

/** Time for a TLS handshake, whatever comes meanwhile. */
export const HANDSHAKE_TIMEOUT_MS = 10_000
/** Clients that may wait to be accepted. */
const BACKLOG = 1024

/** What bounds connections that have not shown yet that they may stay. */
export interface ArrivalLimits {
  /** At a time; one more evicts another. 0 is no limit. */
  readonly maxNewcomers: number
  /** How long they count as such: in a TLS handshake, or until they are kept. */
  readonly newcomersUntil: 'handshake' | 'kept'
  /** Time for a TLS handshake from the connection on, whatever comes meanwhile. */
  readonly handshakeTimeoutMs: number
}

/** A connection on its way in. */
export interface Entrance {
  readonly address: string
  /** `performance.now()` when it was accepted. */
  readonly acceptedAt: number
  /** Say whether it has to stay, or may be evicted. */
  readonly keep: (kept: boolean) => void
  /** End it: others have displaced it. */
  onEvict: () => void
}

export interface ListenerOptions extends AdmissionLimits, ArrivalLimits {
  readonly keepAliveMs: number
  readonly onSocket: (socket: Socket, entrance: Entrance) => void
  readonly onReject: (address: string, reason: RejectReason, code: string | undefined) => void
}

/** Lets clients in, up to the limits, and has those of TLS shake hands. */
export class Listener {
  readonly #options: ListenerOptions
  readonly #admission: Admission
  readonly #server: Server
  readonly #tlsServer: TlsServer | undefined
  readonly #sockets = new Set<Socket>()
  /** Those that are in the middle of a TLS handshake, by their addresses and ports. */
  readonly #shaking = new Map<string, Entrance>()
  readonly #lobby: Lobby<Entrance>
  readonly #descriptors = new Descriptors()

  constructor(options: ListenerOptions, tls: ListenOptions['tls']) {
    this.#options = options
    this.#admission = new Admission(options)
    this.#lobby = new Lobby({ maxGuests: options.maxNewcomers, onEvict: ({ onEvict }) => onEvict() })
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
    const reason = this.#refusal(socket, address)
    if (reason !== undefined) {
      socket.destroy()
      this.#options.onReject(address, reason, undefined)
      return
    }
    const entrance: Entrance = {
      address,
      acceptedAt: performance.now(),
      keep: (kept) => (kept || socket.destroyed ? this.#lobby.leave(entrance) : this.#lobby.enter(entrance, address)),
      onEvict: () => {
        this.#failHandshake(placeOf(socket), 'EVICTED', undefined)
        socket.destroy()
      },
    }
    this.#sockets.add(socket)
    socket.once('close', () => {
      this.#sockets.delete(socket)
      this.#lobby.leave(entrance)
    })
    if (this.#tlsServer !== undefined || this.#options.newcomersUntil === 'kept') this.#lobby.enter(entrance, address)
    if (this.#tlsServer === undefined) this.#admit(socket, entrance)
    else this.#shakeHands(this.#tlsServer, socket, entrance)
  }

  /** The few that are kept for more than reading have the descriptors that clients leave. */
  #refusal(socket: Socket, address: string): RejectReason | undefined {
    const isShort = this.#options.newcomersUntil === 'handshake' && this.#descriptors.areShort(socket)
    return isShort ? 'DESCRIPTORS' : this.#admission.refusal(address)
  }

  #shakeHands(tlsServer: TlsServer, socket: Socket, entrance: Entrance): void {
    // Whoever leaves in the middle of a handshake is gone; half open connections are for those that had theirs.
    socket.allowHalfOpen = false
    const place = placeOf(socket)
    this.#shaking.set(place, entrance)
    // TLS tells of that too late to say who it was.
    socket.once('close', () => this.#failHandshake(place, 'TLS_FAILED', 'ECONNRESET'))
    tlsServer.emit('connection', socket)
  }

  #createTlsServer(tls: NonNullable<ListenOptions['tls']>): TlsServer {
    const server = createTlsServer({ ...tls, handshakeTimeout: this.#options.handshakeTimeoutMs })
    server.on('secureConnection', (socket) => {
      const place = placeOf(socket)
      const entrance = this.#shaking.get(place)
      if (entrance === undefined) {
        socket.destroy()
        return
      }
      this.#shaking.delete(place)
      socket.allowHalfOpen = true
      if (this.#options.newcomersUntil === 'handshake') this.#lobby.leave(entrance)
      this.#admit(socket, entrance)
    })
    server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
      this.#failHandshake(placeOf(socket), 'TLS_FAILED', error.code)
      socket.destroy()
    })
    return server
  }

  #admit(socket: Socket, entrance: Entrance): void {
    const { address } = entrance
    const reason = this.#admission.enter(address)
    if (reason !== undefined) {
      socket.destroy()
      this.#options.onReject(address, reason, undefined)
      return
    }
    socket.once('close', () => this.#admission.leave(address))
    this.#options.onSocket(socket, entrance)
  }

  /** Once for each handshake that fails. */
  #failHandshake(place: string, reason: RejectReason, code: string | undefined): void {
    const entrance = this.#shaking.get(place)
    this.#shaking.delete(place)
    if (entrance !== undefined) this.#options.onReject(entrance.address, reason, code)
  }
}

function placeOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}

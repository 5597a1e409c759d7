import { StreamError } from '@datastreamer/format'
import {
  type Clock,
  ConnectionLimit,
  type Net,
  type NetAddress,
  type NetListener,
  type NetSocket,
  plainAddress,
  type ServerTlsOptions,
  type TlsAcceptor,
} from '@datastreamer/runtime'
import type { Admission } from './admission.ts'
import { Descriptors } from './descriptors.ts'
import type { RejectReason } from './endpoint-events.ts'
import type { ListenOptions } from './listen-options.ts'

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
  /** Connections at a time; one more evicts another. 0 is no limit. */
  readonly maxPending: number
  /** How long they are pending: in a TLS handshake, or until they are kept. */
  readonly pendingUntil: 'handshake' | 'kept'
  /** Time for a TLS handshake from the connection on, whatever comes meanwhile. */
  readonly handshakeTimeoutMs: number
}

/** A connection that was not admitted yet. */
export interface Candidate {
  readonly address: string
  /** When it was accepted, by the clock. */
  readonly acceptedAt: number
  /** Say whether it has to stay, or may be evicted. */
  readonly keep: (kept: boolean) => void
  /** End it: others are connected in its stead. */
  onEvict: () => void
}

export interface ListenerOptions extends ArrivalLimits {
  readonly admission: Admission
  readonly sharesPort: boolean
  readonly clock: Clock
  readonly net: Net
  readonly keepAliveMs: number
  readonly onSocket: (socket: NetSocket, candidate: Candidate) => void
  readonly onReject: (address: string, reason: RejectReason, code: string | undefined) => void
}

/** Lets clients in, up to the limits, and has those of TLS shake hands. */
export class Listener {
  readonly #options: ListenerOptions
  readonly #admission: Admission
  readonly #tls: TlsAcceptor | undefined
  #listening: Promise<NetListener> | undefined
  #address: NetAddress | undefined
  readonly #sockets = new Set<NetSocket>()
  /** Those that are in the middle of a TLS handshake. */
  readonly #handshaking = new Set<Candidate>()
  readonly #limit: ConnectionLimit<Candidate>
  readonly #descriptors = new Descriptors()

  constructor(options: ListenerOptions, tls: ListenOptions['tls']) {
    this.#options = options
    this.#admission = options.admission
    this.#limit = new ConnectionLimit({
      max: options.maxPending,
      clock: options.clock,
      onEvict: ({ onEvict }) => onEvict(),
    })
    const { net, handshakeTimeoutMs } = options
    this.#tls = tls && net.createTlsAcceptor({ tls, handshakeTimeoutMs })
  }

  /** Where it listens, if it does. */
  get address(): NetAddress | undefined {
    return this.#address
  }

  /** @throws {ListenError} if the address is in use, is not ours, or may not be used */
  async listen(host: string, port: number): Promise<NetAddress> {
    const { net, keepAliveMs, sharesPort } = this.#options
    this.#listening = net.listen({
      host,
      port,
      backlog: BACKLOG,
      keepAliveMs,
      reusePort: sharesPort,
      onConnection: (socket, descriptor) => this.#accept(socket, descriptor),
    })
    try {
      const { address } = await this.#listening
      this.#address = address
      return address
    } catch (error) {
      throw new ListenError('LISTEN_FAILED', `cannot listen on ${host}:${port}: ${(error as Error).message}`, {
        cause: error,
      })
    }
  }

  /** See `StreamServer.renewTls`. */
  renewTls(tls: ServerTlsOptions): void {
    if (this.#tls === undefined) throw new TypeError('the server listens without TLS')
    this.#tls.renew(tls)
  }

  /** Accept no more; resolves when the last connection is closed. */
  async close(): Promise<void> {
    const listener = await this.#listening?.catch(() => undefined)
    await listener?.close()
  }

  /** End what is still connected, whatever its state. */
  destroySockets(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  #accept(socket: NetSocket, descriptor: number | undefined): void {
    const address = plainAddress(socket.remoteAddress)
    const reason = this.#rejection(descriptor, address)
    if (reason !== undefined) {
      socket.destroy()
      this.#options.onReject(address, reason, undefined)
      return
    }
    const candidate: Candidate = {
      address,
      acceptedAt: this.#options.clock.now(),
      keep: (kept) => (kept || socket.destroyed ? this.#limit.remove(candidate) : this.#limit.add(candidate, address)),
      onEvict: () => {
        this.#failHandshake(candidate, 'EVICTED', undefined)
        socket.destroy()
      },
    }
    this.#sockets.add(socket)
    socket.once('close', () => {
      this.#sockets.delete(socket)
      this.#limit.remove(candidate)
    })
    if (this.#tls !== undefined || this.#options.pendingUntil === 'kept') this.#limit.add(candidate, address)
    if (this.#tls === undefined) this.#admit(socket, candidate)
    else this.#shakeHands(this.#tls, socket, candidate)
  }

  /** The few that are kept for more than reading have the descriptors that clients leave. */
  #rejection(descriptor: number | undefined, address: string): RejectReason | undefined {
    const isShort = this.#options.pendingUntil === 'handshake' && this.#descriptors.areShort(descriptor)
    return isShort ? 'DESCRIPTORS' : this.#admission.rejection(address)
  }

  #shakeHands(tls: TlsAcceptor, socket: NetSocket, candidate: Candidate): void {
    this.#handshaking.add(candidate)
    const onSecure = (secure: NetSocket): void => {
      if (!this.#handshaking.delete(candidate)) {
        secure.destroy()
        return
      }
      if (this.#options.pendingUntil === 'handshake') this.#limit.remove(candidate)
      this.#admit(secure, candidate)
    }
    tls.shakeHands(socket, onSecure, (code) => this.#failHandshake(candidate, 'TLS_FAILED', code))
  }

  #admit(socket: NetSocket, candidate: Candidate): void {
    const { address } = candidate
    const reason = this.#admission.add(address)
    if (reason !== undefined) {
      socket.destroy()
      this.#options.onReject(address, reason, undefined)
      return
    }
    socket.once('close', () => this.#admission.remove(address))
    this.#options.onSocket(socket, candidate)
  }

  /** Once for each handshake that fails. */
  #failHandshake(candidate: Candidate, reason: RejectReason, code: string | undefined): void {
    if (this.#handshaking.delete(candidate)) this.#options.onReject(candidate.address, reason, code)
  }
}

import {
  type Clock,
  type Net,
  type NetAddress,
  type NetSocket,
  type ServerTlsOptions,
  sleep,
} from '@datastreamer/runtime'
import type { Admission } from './admission.ts'
import type { EndpointEvent } from './endpoint-events.ts'
import type { ListenAddress } from './listen-options.ts'
import { type ArrivalLimits, type Candidate, Listener } from './listener.ts'

/** A connection as its endpoint sees it. */
export interface EndpointConnection {
  /** Resolves when nothing more happens at it. */
  readonly closed: Promise<void>
  readonly status: { readonly remotePort: number }
}

/** A connection that was accepted. */
export interface Arrival {
  /** Unique at its endpoint. */
  readonly id: number
  readonly remoteAddress: string
  readonly socket: NetSocket
  /** When it was accepted, by the clock: before any TLS handshake. */
  readonly acceptedAt: number
  /** Say whether it has to stay. One that has not may be evicted, if the endpoint does that. */
  readonly keep: (kept: boolean) => void
}

export interface EndpointOptions<Connection> extends ArrivalLimits {
  /** Counts the connections, also those of other endpoints of the same server. */
  readonly admission: Admission
  /** Whether endpoints in other threads listen on the same port. */
  readonly sharesPort: boolean
  readonly keepAliveMs: number
  readonly clock: Clock
  readonly net: Net
  readonly open: (arrival: Arrival) => Connection
  /** End a connection that is evicted. */
  readonly evict: (connection: Connection) => void
  /** End a connection in order. */
  readonly finish: (connection: Connection) => void
  readonly onEvent: (event: EndpointEvent) => void
}

/** Where a server listens, once, and the connections that it has. */
export class Endpoint<Connection extends EndpointConnection> {
  readonly #options: EndpointOptions<Connection>
  readonly #connections = new Map<number, Connection>()
  #listener: Listener | undefined
  #accepted = 0
  #closing: Promise<void> | undefined

  constructor(options: EndpointOptions<Connection>) {
    this.#options = options
  }

  /** Where it listens. */
  get address(): NetAddress | undefined {
    return this.#listener?.address
  }

  /** The connections of this moment. */
  get connections(): Connection[] {
    return [...this.#connections.values()]
  }

  /** Connections that were accepted so far. */
  get accepted(): number {
    return this.#accepted
  }

  /** @throws {ListenError} if the address is in use, is not ours, or may not be used; it may be tried again */
  async listen({ host, port, tls }: ListenAddress): Promise<NetAddress> {
    if (this.#closing !== undefined) throw new TypeError('the server is closed')
    if (this.#listener !== undefined) throw new TypeError('the server listens already')
    const { onEvent, ...limits } = this.#options
    const listener = new Listener(
      {
        ...limits,
        onSocket: (socket, candidate) => this.#connect(socket, candidate),
        onReject: (remoteAddress, reason, code) => onEvent({ type: 'rejected', remoteAddress, reason, code }),
      },
      tls,
    )
    this.#listener = listener
    try {
      const address = await listener.listen(host, port)
      onEvent({ type: 'listening', ...address, tls: tls !== undefined })
      return address
    } catch (error) {
      this.#listener = undefined
      throw error
    }
  }

  /** See `StreamServer.renewTls`. */
  renewTls(tls: ServerTlsOptions): void {
    if (this.#listener === undefined) throw new TypeError('the server does not listen')
    this.#listener.renewTls(tls)
  }

  /** A connection is closed; gives it if it was not forgotten before. */
  forget(id: number): Connection | undefined {
    const connection = this.#connections.get(id)
    this.#connections.delete(id)
    return connection
  }

  /** Accept no more, finish all connections, and destroy those that are there after `graceMs`. */
  close(graceMs: number): Promise<void> {
    this.#closing ??= this.#close(graceMs)
    return this.#closing
  }

  async #close(graceMs: number): Promise<void> {
    const listener = this.#listener
    if (listener === undefined) return
    const { connections } = this
    const closed = Promise.all([listener.close(), ...connections.map((connection) => connection.closed)])
    for (const connection of connections) this.#options.finish(connection)
    const deadline = new AbortController()
    const isLate = sleep(this.#options.clock, graceMs, { signal: deadline.signal }).then(
      () => true,
      () => false,
    )
    if (await Promise.race([closed.then(() => false), isLate])) listener.destroySockets()
    await closed
    deadline.abort()
  }

  #connect(socket: NetSocket, candidate: Candidate): void {
    if (this.#closing !== undefined) {
      socket.destroy()
      return
    }
    this.#accepted++
    const id = this.#options.admission.nextId()
    const { address: remoteAddress, acceptedAt, keep } = candidate
    const connection = this.#options.open({ id, remoteAddress, acceptedAt, socket, keep })
    candidate.onEvict = () => this.#options.evict(connection)
    this.#connections.set(id, connection)
    this.#options.onEvent({ type: 'connected', id, remoteAddress, remotePort: connection.status.remotePort })
  }
}

import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { PAGE_BYTES } from '@datastreamer/format'
import { BufferPool } from './buffer-pool.ts'
import { Connection } from './connection.ts'
import { EventCounter } from './event-counter.ts'
import { KernelQueues } from './kernel-queues.ts'
import { Listener } from './listener.ts'
import { NO_ENDS } from './operation-marks.ts'
import { type EventDetails, publish } from './server-events.ts'
import type {
  CloseOptions,
  ConnectionContext,
  ConnectionHost,
  ListenOptions,
  StreamServerOptions,
} from './server-options.ts'
import type { ConnectionStatus, ServerCounters } from './server-status.ts'

/** Most bytes that are handed to a socket at once. */
const PART_BYTES = PAGE_BYTES
/** Parts of memory to keep for the next reader that catches up. */
const FREE_PARTS = 16

/**
 * Serves a log to any number of clients over TCP. docs/spec/protocol.md.
 *
 * What happens at it is published on the `node:diagnostics_channel` {@link SERVER_CHANNEL}. Nothing that a client does
 * makes a call of this class throw. It closes neither the log nor the index.
 */
export class StreamServer implements AsyncDisposable {
  readonly #options: StreamServerOptions
  readonly #host: ConnectionHost
  readonly #counter = new EventCounter()
  readonly #connections = new Map<number, Connection>()
  #listener: Listener | undefined
  #lastId = 0
  #closing: Promise<void> | undefined

  constructor(options: StreamServerOptions) {
    this.#options = options
    const context: ConnectionContext = {
      log: options.log,
      bookmarks: options.bookmarks,
      operationEnds: options.operationEnds ?? NO_ENDS,
      pool: new BufferPool(PART_BYTES, FREE_PARTS),
      queues: new KernelQueues(),
      writeTimeoutMs: options.writeTimeoutMs ?? 3000,
      inactivityTimeoutMs: options.inactivityTimeoutMs ?? 120_000,
      commandTimeoutMs: options.commandTimeoutMs ?? 10_000,
      closeOnStateError: options.closeOnStateError ?? true,
    }
    this.#host = {
      context,
      onEvent: (event) => {
        if (event.type === 'closed') this.#connections.delete(event.id)
        this.#onEvent(event)
      },
      onSent: (bytes) => this.#counter.sent(bytes),
    }
  }

  /** Where it listens. */
  get address(): { readonly host: string; readonly port: number } | undefined {
    const address = this.#listener?.address
    return address && { host: address.address, port: address.port }
  }

  /** The connections of this moment. */
  connections(): ConnectionStatus[] {
    return Array.from(this.#connections.values(), (connection) => connection.status)
  }

  get counters(): ServerCounters {
    return this.#counter.counters
  }

  /**
   * Listen for clients, once.
   *
   * @throws {ListenError} if the address is in use, is not ours, or may not be used; it may be tried again
   */
  async listen({ host = '127.0.0.1', port = 6900, tls }: ListenOptions = {}): Promise<void> {
    if (this.#closing !== undefined) throw new TypeError('the server is closed')
    if (this.#listener !== undefined) throw new TypeError('the server listens already')
    const listener = new Listener(
      {
        maxConnections: this.#options.maxConnections ?? 1000,
        maxConnectionsPerAddress: this.#options.maxConnectionsPerAddress ?? 0,
        keepAliveMs: this.#options.keepAliveMs ?? 30_000,
        onSocket: (socket, address) => this.#connect(socket, address),
        onReject: (remoteAddress, reason, code) => this.#onEvent({ type: 'rejected', remoteAddress, reason, code }),
      },
      tls,
    )
    this.#listener = listener
    try {
      await listener.listen(host, port)
    } catch (error) {
      this.#listener = undefined
      throw error
    }
    const { address } = this
    if (address !== undefined) this.#onEvent({ type: 'listening', ...address, tls: tls !== undefined })
  }

  /** Accept no more clients, end the connections between two entries, and cut those that are there after `graceMs`. */
  close({ graceMs = 5000 }: CloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(graceMs)
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(graceMs: number): Promise<void> {
    const listener = this.#listener
    if (listener === undefined) return
    const connections = [...this.#connections.values()]
    const closed = Promise.all([listener.close(), ...connections.map((connection) => connection.closed)])
    for (const connection of connections) connection.close({ reason: 'SERVER_CLOSED' })
    const deadline = new AbortController()
    const isLate = sleep(graceMs, true, { signal: deadline.signal }).catch(() => false)
    if (await Promise.race([closed.then(() => false), isLate])) listener.destroySockets()
    await closed
    deadline.abort()
  }

  #connect(socket: Socket, remoteAddress: string): void {
    if (this.#closing !== undefined) {
      socket.destroy()
      return
    }
    const id = ++this.#lastId
    const connection = new Connection({ id, remoteAddress, socket, host: this.#host })
    this.#connections.set(id, connection)
    this.#onEvent({ type: 'connected', id, remoteAddress, remotePort: connection.status.remotePort })
  }

  #onEvent(event: EventDetails): void {
    this.#counter.count(event)
    publish(this, event)
  }
}

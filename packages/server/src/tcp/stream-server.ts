import { PAGE_BYTES } from '@datastreamer/format'
import { nodeNet, type ServerTlsOptions, systemClock } from '@datastreamer/runtime'
import { Endpoint } from '../socket/endpoint.ts'
import { type CloseOptions, type ListenOptions, listenAddress } from '../socket/listen-options.ts'
import { HANDSHAKE_TIMEOUT_MS } from '../socket/listener.ts'
import { NO_BOUNDARIES } from './boundary-packets.ts'
import { ClientConnection } from './client-connection.ts'
import { EventCounter } from './event-counter.ts'
import { PartMemory } from './part-memory.ts'
import { BoundariesInLine, LogInLine, ReadLine } from './read-line.ts'
import { type EventDetails, serverEvents } from './server-events.ts'
import type { ConnectionContext, ServedStream, StreamServerOptions } from './server-options.ts'
import type { ConnectionStatus, ServerCounters } from './server-status.ts'
import { SharedCopy } from './shared-copy.ts'
import { Turns } from './turns.ts'

/** What every reader may have on its way. */
const SMALL_PART_BYTES = 64 * 1024
/** Large parts at a time, of all readers together: a reader that catches up over a fast line has two. */
const LARGE_PARTS = 32
/** Time of the event loop that a connection costs which does nothing. */
const ACCEPT_MS = 0.2
/** Reads of clients at a time: half of the threads that the system has for the disk, the others are for commits. */
const READS_AT_ONCE = 2

/**
 * Serves a stream to any number of clients over TCP. docs/spec/protocol.md.
 *
 * What happens at it is published on the `node:diagnostics_channel` {@link SERVER_CHANNEL}. Nothing that a client does
 * makes a call of this class throw. It closes neither the store nor the reader.
 */
export class StreamServer implements AsyncDisposable {
  readonly #endpoint: Endpoint<ClientConnection>
  readonly #counter = new EventCounter()
  readonly #turns: Turns
  readonly #log: ServedStream['log']
  #unlisten: (() => void) | undefined

  constructor(options: StreamServerOptions) {
    const { clock = systemClock, net = nodeNet } = options
    this.#turns = new Turns(clock)
    const { log, index, operationBoundaries } = 'store' in options ? options.store : options.reader
    this.#log = log
    const line = new ReadLine(this.#turns, clock, READS_AT_ONCE)
    const context: ConnectionContext = {
      log: new LogInLine(log, line),
      bookmarks: index,
      operationBoundaries: new BoundariesInLine(operationBoundaries ?? NO_BOUNDARIES, line),
      turns: this.#turns,
      memory: {
        parts: new PartMemory({ smallBytes: SMALL_PART_BYTES, largeBytes: PAGE_BYTES, maxLarge: LARGE_PARTS }),
        newest: new SharedCopy(),
      },
      clock,
      net,
      writeTimeoutMs: options.writeTimeoutMs ?? 3000,
      inactivityTimeoutMs: options.inactivityTimeoutMs ?? 120_000,
      commandTimeoutMs: options.commandTimeoutMs ?? 10_000,
      closeOnStateError: options.closeOnStateError ?? true,
      onEvent: (event) => {
        if (event.type === 'closed') this.#endpoint.forget(event.id)
        this.#onEvent(event)
      },
    }
    this.#endpoint = new Endpoint({
      maxConnections: options.maxConnections ?? 1000,
      maxConnectionsPerAddress: options.maxConnectionsPerAddress ?? 0,
      keepAliveMs: options.keepAliveMs ?? 30_000,
      clock,
      net,
      maxNewcomers: options.maxConnections ?? 1000,
      newcomersUntil: 'handshake',
      handshakeTimeoutMs: HANDSHAKE_TIMEOUT_MS,
      open: (arrival) => {
        this.#turns.charge(ACCEPT_MS)
        return new ClientConnection(arrival, context)
      },
      evict: () => {},
      finish: (connection) => connection.close({ reason: 'SERVER_CLOSED' }),
      onEvent: (event) => this.#onEvent(event),
    })
  }

  /** Where it listens. */
  get address(): { readonly host: string; readonly port: number } | undefined {
    return this.#endpoint.address
  }

  /** The connections of this moment. */
  connections(): ConnectionStatus[] {
    return this.#endpoint.connections.map((connection) => connection.status)
  }

  get counters(): ServerCounters {
    const bytesSent = this.#endpoint.connections.reduce((sum, connection) => sum + connection.bytesSent, 0)
    return this.#counter.counters(bytesSent)
  }

  /**
   * Listen for clients, once: on a port of this machine, by default 6900, or as the options say.
   *
   * @throws {ListenError} if the address is in use, is not ours, or may not be used; it may be tried again
   */
  async listen(options?: number | ListenOptions): Promise<void> {
    await this.#endpoint.listen(listenAddress(options, 6900))
    this.#unlisten ??= this.#log.listen({ onCommit: () => this.#turns.onCommit(), onTruncate: () => {} })
  }

  /**
   * Shake hands with another key, certificate and authorities from now on. Those that are connected stay so; whether
   * clients are asked for certificates stays as it is.
   *
   * @throws {TypeError} if it does not listen with TLS
   * @throws what `node:tls` says of the certificate; then nothing changes
   */
  renewTls(tls: ServerTlsOptions): void {
    this.#endpoint.renewTls(tls)
  }

  /** Accept no more clients, end the connections between two entries, and cut those that are there after `graceMs`. */
  close({ graceMs = 5000 }: CloseOptions = {}): Promise<void> {
    this.#unlisten?.()
    return this.#endpoint.close(graceMs)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #onEvent(event: EventDetails): void {
    this.#counter.count(event)
    serverEvents.publish(this, event)
  }
}

import { PAGE_BYTES } from '@datastreamer/format'
import { nodeNet, type ServerTlsOptions, systemClock } from '@datastreamer/runtime'
import { Endpoint } from '../socket/endpoint.ts'
import type { RejectReason } from '../socket/endpoint-events.ts'
import { EventCounts } from '../socket/event-counts.ts'
import { type CloseOptions, type ListenOptions, listenAddress } from '../socket/listen-options.ts'
import { HANDSHAKE_TIMEOUT_MS } from '../socket/listener.ts'
import { NO_BOUNDARIES } from './boundary-packets.ts'
import { ChunkMemory } from './chunk-memory.ts'
import { ClientConnection } from './client-connection.ts'
import { FairScheduler } from './fair-scheduler.ts'
import { FilterResults } from './filter-results.ts'
import { QueuedBoundaries, QueuedLog, ReadQueue } from './read-queue.ts'
import { type CloseReason, type EventDetails, serverEvents } from './server-events.ts'
import type { ConnectionContext, ServedStream, StreamServerOptions } from './server-options.ts'
import type { ConnectionStatus, ServerCounters } from './server-status.ts'
import { SharedCopy } from './shared-copy.ts'

/** What every reader may have on its way. */
const SMALL_CHUNK_BYTES = 64 * 1024
/** Large chunks at a time, of all readers together: a reader that catches up over a fast line has two. */
const LARGE_CHUNKS = 32
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
  readonly #counts = new EventCounts<RejectReason, CloseReason, number>()
  /** Bytes sent to clients that were closed. */
  #closedBytesSent = 0
  readonly #scheduler: FairScheduler
  readonly #log: ServedStream['log']
  #unlisten: (() => void) | undefined

  constructor(options: StreamServerOptions) {
    const { clock = systemClock, net = nodeNet } = options
    this.#scheduler = new FairScheduler(clock)
    const { log, index, operationBoundaries } = 'store' in options ? options.store : options.reader
    this.#log = log
    const queue = new ReadQueue(this.#scheduler, clock, READS_AT_ONCE)
    const context: ConnectionContext = {
      log: new QueuedLog(log, queue),
      bookmarks: index,
      operationBoundaries: new QueuedBoundaries(operationBoundaries ?? NO_BOUNDARIES, queue),
      scheduler: this.#scheduler,
      memory: {
        chunks: new ChunkMemory({ smallBytes: SMALL_CHUNK_BYTES, largeBytes: PAGE_BYTES, maxLarge: LARGE_CHUNKS }),
        newest: new SharedCopy(),
        results: new FilterResults(),
      },
      clock,
      net,
      writeTimeoutMs: options.writeTimeoutMs ?? 3000,
      inactivityTimeoutMs: options.inactivityTimeoutMs ?? 120_000,
      commandTimeoutMs: options.commandTimeoutMs ?? 10_000,
      closeOnStateError: options.closeOnStateError ?? true,
      onEvent: (event) => this.#onEvent(event),
    }
    this.#endpoint = new Endpoint({
      maxConnections: options.maxConnections ?? 1000,
      maxConnectionsPerAddress: options.maxConnectionsPerAddress ?? 0,
      keepAliveMs: options.keepAliveMs ?? 30_000,
      clock,
      net,
      maxPending: options.maxConnections ?? 1000,
      pendingUntil: 'handshake',
      handshakeTimeoutMs: HANDSHAKE_TIMEOUT_MS,
      open: (arrival) => {
        this.#scheduler.charge(ACCEPT_MS)
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
    const sent = (sum: number, { bytesSent }: ClientConnection): number => sum + bytesSent
    const bytesSent = this.#endpoint.connections.reduce(sent, this.#closedBytesSent)
    return { accepted: this.#endpoint.accepted, bytesSent, ...this.#counts.now }
  }

  /**
   * Listen for clients, once: on a port of this machine, by default 6900, or as the options say.
   *
   * @throws {ListenError} if the address is in use, is not ours, or may not be used; it may be tried again
   */
  async listen(options?: number | ListenOptions): Promise<void> {
    await this.#endpoint.listen(listenAddress(options, 6900))
    this.#unlisten ??= this.#log.listen({ onCommit: () => this.#scheduler.onCommit(), onTruncate: () => {} })
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

  /** Accept no more clients, end the connections between two entries, and destroy those that are there after `graceMs`. */
  close({ graceMs = 5000 }: CloseOptions = {}): Promise<void> {
    this.#unlisten?.()
    return this.#endpoint.close(graceMs)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #onEvent(event: EventDetails): void {
    if (event.type === 'rejected') this.#counts.rejected(event.reason)
    else if (event.type === 'refused') this.#counts.refused(event.resultCode)
    else if (event.type === 'closed') {
      this.#endpoint.forget(event.id)
      this.#counts.closed(event.reason)
      this.#closedBytesSent += event.bytesSent
    }
    serverEvents.publish(this, event)
  }
}

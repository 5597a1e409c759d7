import { nodeNet, type ServerTlsOptions, systemClock } from '@datastreamer/runtime'
import { findBookmark, NO_BOUNDARIES } from '@datastreamer/store/log'
import { Admission, admissionMemory } from './socket/admission.ts'
import { type CloseOptions, type ListenOptions, listenAddress } from './socket/listen-options.ts'
import { ClientHost, type Clients } from './tcp/client-host.ts'
import { FairScheduler } from './tcp/fair-scheduler.ts'
import { QueuedBoundaries, QueuedIndex, QueuedLog, ReadQueue, readsAtOnce } from './tcp/read-queue.ts'
import { type EventDetails, serverEvents } from './tcp/server-events.ts'
import type { HostLimits, ServedStream, StreamServerOptions } from './tcp/server-options.ts'
import type { ConnectionStatus, ServerCounters } from './tcp/server-status.ts'
import { ClientThreads } from './threads/client-threads.ts'

/**
 * Serves a stream to any number of clients over TCP. docs/spec/protocol.md.
 *
 * What happens at it is published on the `node:diagnostics_channel` {@link SERVER_CHANNEL}. Nothing that a client does
 * makes a call of this class throw. It closes neither the store nor the reader.
 */
export class StreamServer implements AsyncDisposable {
  readonly #clients: Clients
  readonly #scheduler: FairScheduler
  readonly #log: ServedStream['log']
  #address: { readonly host: string; readonly port: number } | undefined
  #unlisten: (() => void) | undefined

  /** @throws {TypeError} if clients in threads of their own were to have another clock or network than the machine's */
  constructor(options: StreamServerOptions) {
    const { clock = systemClock, net = nodeNet, readerThreads = 0, signatures } = options
    if (readerThreads > 0 && (clock !== systemClock || net !== nodeNet))
      throw new TypeError('readers in threads of their own have the clock and the network of the machine')
    const { log, index, operationBoundaries } = 'store' in options ? options.store : options.reader
    const limits = limitsOf(options)
    const { maxConnections } = limits
    const admission = { maxConnections, maxConnectionsPerAddress: options.maxConnectionsPerAddress ?? 0 }
    const hosts = Math.max(1, readerThreads)
    this.#scheduler = new FairScheduler(clock)
    this.#log = log
    const reads = new ReadQueue(this.#scheduler, clock, readsAtOnce(1))
    const queued = new QueuedLog(log, reads)
    const queuedIndex = new QueuedIndex(index, reads)
    const parts = {
      findBookmark: (bookmark: Uint8Array) => findBookmark(queued, queuedIndex, bookmark),
      operationBoundaries: new QueuedBoundaries(operationBoundaries ?? NO_BOUNDARIES, reads),
      signatures,
      net,
      onEvent: (event: EventDetails) => serverEvents.publish(this, event),
    }
    this.#clients =
      readerThreads > 0
        ? new ClientThreads({
            ...parts,
            log,
            start: { ...admission, admission: admissionMemory(admission), limits, hosts },
          })
        : new ClientHost({
            ...parts,
            ...limits,
            log: queued,
            refresh: () => {},
            scheduler: this.#scheduler,
            admission: new Admission(admission),
            hosts,
            clock,
          })
  }

  /** Where it listens. */
  get address(): { readonly host: string; readonly port: number } | undefined {
    return this.#address
  }

  /** The connections of this moment. */
  connections(): Promise<ConnectionStatus[]> {
    return this.#clients.connections()
  }

  /** What it has counted until now. */
  counters(): Promise<ServerCounters> {
    return this.#clients.counters()
  }

  /**
   * Listen for clients, once: on a port of this machine, by default 6900, or as the options say.
   *
   * @throws {ListenError} if the address is in use, is not ours, or may not be used; it may be tried again
   */
  async listen(options?: number | ListenOptions): Promise<void> {
    this.#address = await this.#clients.listen(listenAddress(options, 6900))
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
    this.#clients.renewTls(tls)
  }

  /** Accept no more clients, end the connections between two entries, and destroy those that are there after `graceMs`. */
  close({ graceMs = 5000 }: CloseOptions = {}): Promise<void> {
    this.#unlisten?.()
    return this.#clients.close(graceMs)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/** The limits as the options say, or their defaults. */
function limitsOf(options: StreamServerOptions): HostLimits {
  return {
    maxConnections: options.maxConnections ?? 1000,
    keepAliveMs: options.keepAliveMs ?? 30_000,
    writeTimeoutMs: options.writeTimeoutMs ?? 3000,
    inactivityTimeoutMs: options.inactivityTimeoutMs ?? 120_000,
    commandTimeoutMs: options.commandTimeoutMs ?? 10_000,
    closeOnStateError: options.closeOnStateError ?? true,
    compression: options.compression ?? true,
  }
}

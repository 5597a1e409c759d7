import type { Command } from '@datastreamer/format'
import type { Clock, Net, NetAddress, ServerTlsOptions } from '@datastreamer/runtime'
import type { KnownBoundaries, ReadableLog } from '@datastreamer/store/log'
import type { Admission } from '../socket/admission.ts'
import { Endpoint } from '../socket/endpoint.ts'
import type { RejectReason } from '../socket/endpoint-events.ts'
import { EventCounts } from '../socket/event-counts.ts'
import type { ListenAddress } from '../socket/listen-options.ts'
import { HANDSHAKE_TIMEOUT_MS } from '../socket/listener.ts'
import { ChunkMemory } from './chunk-memory.ts'
import { ClientConnection } from './client-connection.ts'
import { CompressedRuns } from './compressed-runs.ts'
import type { FairScheduler } from './fair-scheduler.ts'
import { FilterResults } from './filter-results.ts'
import type { KnownSignatures } from './known-signatures.ts'
import { ReadQueue } from './read-queue.ts'
import type { CloseReason, EventDetails } from './server-events.ts'
import type { ConnectionContext, FindBookmark, HostLimits } from './server-options.ts'
import type { ConnectionStatus, ServerCounters } from './server-status.ts'
import { SharedCopy } from './shared-copy.ts'
import { SharedRuns } from './shared-runs.ts'

/** What every reader may have on its way. */
const SMALL_CHUNK_BYTES = 64 * 1024
/** What a reader may have on its way that takes it as fast as it comes: as much as is read and sent from the same cache. */
const LARGE_CHUNK_BYTES = 256 * 1024
/** Runs that are kept for readers that come to them soon. */
const KEPT_RUNS = 32
/** Large chunks at a time, of all readers together: a reader that catches up over a fast line has two. */
const LARGE_CHUNKS = 64
/** Runs that are compressed at a time: one of the threads that the system has for the disk, of which commits keep another. */
const COMPRESSIONS_AT_ONCE = 1
/** Bytes of compressed runs that are kept, by all hosts together: what readers of one run may be apart. */
const KEPT_BYTES = 32 * 1024 * 1024
/** Time of the event loop that a connection costs which does nothing. */
const ACCEPT_MS = 0.2

/** Commands that only a server knows that can answer them. */
const SIGNATURE_COMMANDS: ReadonlySet<Command['name']> = new Set(['signatures', 'signatureAfter'])

/** Serves the clients of a stream server, or those that one of its threads has. */
export interface Clients {
  /** @throws {ListenError} */
  listen(address: ListenAddress): Promise<NetAddress>
  /** @throws what `node:tls` says of the certificate; then nothing changes */
  renewTls(tls: ServerTlsOptions): void
  connections(): Promise<ConnectionStatus[]>
  counters(): Promise<ServerCounters>
  close(graceMs: number): Promise<void>
}

export interface ClientHostOptions extends HostLimits {
  /** The log, whose reads are queued. */
  readonly log: ReadableLog
  /** See {@link ConnectionContext}. */
  readonly refresh: () => void
  readonly findBookmark: FindBookmark
  readonly operationBoundaries: KnownBoundaries
  readonly signatures: KnownSignatures | undefined
  readonly scheduler: FairScheduler
  /** Counts the connections of all hosts of a server. */
  readonly admission: Admission
  /** Hosts of the server. */
  readonly hosts: number
  readonly clock: Clock
  readonly net: Net
  readonly onEvent: (event: EventDetails) => void
}

/** The clients that are connected in this thread. */
export class ClientHost implements Clients {
  readonly #options: ClientHostOptions
  readonly #endpoint: Endpoint<ClientConnection>
  readonly #compressed: CompressedRuns
  readonly #counts = new EventCounts<RejectReason, CloseReason, number>()
  /** Bytes sent to clients that were closed. */
  #closedBytesSent = 0

  constructor(options: ClientHostOptions) {
    const { log, scheduler, clock, hosts, maxConnections, compression, signatures } = options
    this.#options = options
    const compressions = new ReadQueue(scheduler, clock, COMPRESSIONS_AT_ONCE)
    this.#compressed = new CompressedRuns(log, compressions, KEPT_BYTES / hosts)
    const onEvent = (event: EventDetails): void => this.#onEvent(event)
    const maxLarge = Math.ceil(LARGE_CHUNKS / hosts)
    const context: ConnectionContext = {
      ...options,
      compressed: this.#compressed,
      unknownCommands: {
        has: (name) =>
          (name === 'compression' && !compression) || (SIGNATURE_COMMANDS.has(name) && signatures?.isGranted !== true),
      },
      memory: {
        chunks: new ChunkMemory({ smallBytes: SMALL_CHUNK_BYTES, largeBytes: LARGE_CHUNK_BYTES, maxLarge }),
        newest: new SharedCopy(),
        runs: new SharedRuns(log, clock, Math.ceil(KEPT_RUNS / hosts)),
        results: new FilterResults(),
      },
      onEvent,
    }
    this.#endpoint = new Endpoint({
      ...options,
      maxPending: Math.ceil(maxConnections / hosts),
      pendingUntil: 'handshake',
      handshakeTimeoutMs: HANDSHAKE_TIMEOUT_MS,
      sharesPort: hosts > 1,
      open: (arrival) => {
        scheduler.chargeNewClient(ACCEPT_MS)
        return new ClientConnection(arrival, context)
      },
      evict: () => {},
      finish: (connection) => connection.close({ reason: 'SERVER_CLOSED' }),
      onEvent,
    })
  }

  listen(address: ListenAddress): Promise<NetAddress> {
    return this.#endpoint.listen(address)
  }

  renewTls(tls: ServerTlsOptions): void {
    this.#endpoint.renewTls(tls)
  }

  async connections(): Promise<ConnectionStatus[]> {
    return this.#endpoint.connections.map((connection) => connection.status)
  }

  async counters(): Promise<ServerCounters> {
    const sent = (sum: number, { bytesSent }: ClientConnection): number => sum + bytesSent
    const bytesSent = this.#endpoint.connections.reduce(sent, this.#closedBytesSent)
    const { totals: compression } = this.#compressed
    return { accepted: this.#endpoint.accepted, bytesSent, compression, ...this.#counts.now }
  }

  close(graceMs: number): Promise<void> {
    return this.#endpoint.close(graceMs)
  }

  #onEvent(event: EventDetails): void {
    if (event.type === 'rejected') this.#counts.rejected(event.reason)
    else if (event.type === 'refused') this.#counts.refused(event.resultCode)
    else if (event.type === 'closed') {
      this.#endpoint.forget(event.id)
      this.#counts.closed(event.reason)
      this.#closedBytesSent += event.bytesSent
    }
    this.#options.onEvent(event)
  }
}

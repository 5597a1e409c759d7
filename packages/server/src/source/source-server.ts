import type { SourceCodeName } from '@datastreamer/format/source'
import { nodeNet, type ServerTlsOptions, systemClock } from '@datastreamer/runtime'
import { Admission } from '../socket/admission.ts'
import { Endpoint } from '../socket/endpoint.ts'
import type { RejectReason } from '../socket/endpoint-events.ts'
import { EventCounts } from '../socket/event-counts.ts'
import { type CloseOptions, type ListenOptions, listenAddress } from '../socket/listen-options.ts'
import { HANDSHAKE_TIMEOUT_MS } from '../socket/listener.ts'
import { checkProtection } from './protection.ts'
import { SourceConnection } from './source-connection.ts'
import { type SourceCloseReason, type SourceEventDetails, sourceEvents } from './source-events.ts'
import type { SourceContext, SourceCounters, SourceServerOptions, SourceStatus, SourceTally } from './source-options.ts'
import { WriterSlot } from './writer-slot.ts'

/**
 * Lets one source client at a time write a stream over TCP. docs/spec/source-protocol.md.
 *
 * What happens at it is published on the `node:diagnostics_channel` {@link SOURCE_CHANNEL}. Nothing that a source client does
 * makes a call of this class throw. It does not close the store.
 */
export class SourceServer implements AsyncDisposable {
  readonly #token: string | undefined
  readonly #endpoint: Endpoint<SourceConnection>
  readonly #counts = new EventCounts<RejectReason, SourceCloseReason, SourceCodeName>()
  /** What connections that were closed have done. */
  #closedTally: SourceTally = { commits: 0, entries: 0n, bytesReceived: 0 }
  readonly #slot = new WriterSlot()

  constructor(options: SourceServerOptions) {
    this.#token = options.token === '' ? undefined : options.token
    const { clock = systemClock, net = nodeNet } = options
    const context: SourceContext = {
      store: options.store,
      token: this.#token,
      inactivityTimeoutMs: options.inactivityTimeoutMs ?? 15_000,
      helloTimeoutMs: options.helloTimeoutMs ?? 10_000,
      writeTimeoutMs: options.writeTimeoutMs ?? 10_000,
      maxCommitsInFlight: options.maxCommitsInFlight ?? 4096,
      clock,
      net,
      slot: this.#slot,
      onEvent: (event) => this.#onEvent(event),
    }
    this.#endpoint = new Endpoint({
      admission: new Admission({ maxConnections: 0, maxConnectionsPerAddress: 0 }),
      sharesPort: false,
      maxPending: options.maxConnections ?? 64,
      pendingUntil: 'kept',
      handshakeTimeoutMs: options.helloTimeoutMs || HANDSHAKE_TIMEOUT_MS,
      keepAliveMs: options.keepAliveMs ?? 30_000,
      clock,
      net,
      open: (arrival) => new SourceConnection(arrival, context),
      evict: (connection) => connection.evict(),
      finish: (connection) => void connection.finish(),
      onEvent: (event) => this.#onEvent(event),
    })
  }

  /** Where it listens. */
  get address(): { readonly host: string; readonly port: number } | undefined {
    return this.#endpoint.address
  }

  /** The connections of this moment. */
  connections(): SourceStatus[] {
    return this.#endpoint.connections.map((connection) => connection.status)
  }

  get counters(): SourceCounters {
    const tallies = this.#endpoint.connections.map(({ tally }) => tally)
    return { accepted: this.#endpoint.accepted, ...tallies.reduce(sum, this.#closedTally), ...this.#counts.now }
  }

  /**
   * Listen for source clients, once: on a port of this machine, by default 6901, or as the options say.
   *
   * @throws {UnprotectedError} if other machines can reach the address, and there is neither a token nor TLS that asks
   * for client certificates (`requestCert`, `ca`)
   * @throws {ListenError} if the address is in use, is not ours, or may not be used; it may be tried again
   */
  async listen(options?: number | ListenOptions): Promise<void> {
    const address = listenAddress(options, 6901)
    checkProtection(address.host, this.#token, address.tls)
    await this.#endpoint.listen(address)
  }

  /** As `StreamServer.renewTls`. @throws {UnprotectedError} as {@link listen} */
  renewTls(tls: ServerTlsOptions): void {
    checkProtection(this.#endpoint.address?.host ?? '', this.#token, tls)
    this.#endpoint.renewTls(tls)
  }

  /**
   * Accept no more source clients, roll back what is open, answer the commits that are under way, and destroy what is still there
   * after `graceMs`. When it resolves, nothing more is done in the store.
   */
  async close({ graceMs = 5000 }: CloseOptions = {}): Promise<void> {
    await this.#endpoint.close(graceMs)
    await this.#slot.settled()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #onEvent(event: SourceEventDetails): void {
    if (event.type === 'rejected') this.#counts.rejected(event.reason)
    else if (event.type === 'refused') this.#counts.refused(event.code)
    else if (event.type === 'closed') {
      this.#counts.closed(event.reason)
      const connection = this.#endpoint.forget(event.id)
      if (connection !== undefined) this.#closedTally = sum(this.#closedTally, connection.tally)
    }
    sourceEvents.publish(this, event)
  }
}

function sum(a: SourceTally, b: SourceTally): SourceTally {
  return {
    commits: a.commits + b.commits,
    entries: a.entries + b.entries,
    bytesReceived: a.bytesReceived + b.bytesReceived,
  }
}

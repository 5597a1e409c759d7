import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { increment } from '../tcp/event-counter.ts'
import { KernelQueues } from '../tcp/kernel-queues.ts'
import { Listener } from '../tcp/listener.ts'
import type { CloseOptions, ListenOptions } from '../tcp/server-options.ts'
import { checkProtection } from './protection.ts'
import { SourceConnection, type SourceHost } from './source-connection.ts'
import { publishSourceEvent, type SourceEventDetails } from './source-events.ts'
import type { SourceCounters, SourceServerOptions, SourceStatus, SourceTally } from './source-options.ts'

/**
 * Lets one source at a time write a stream over TCP. docs/spec/source-protocol.md.
 *
 * What happens at it is published on the `node:diagnostics_channel` {@link SOURCE_CHANNEL}. Nothing that a source does
 * makes a call of this class throw. It does not close the store.
 */
export class SourceServer implements AsyncDisposable {
  readonly #options: SourceServerOptions
  readonly #host: SourceHost
  readonly #connections = new Map<number, SourceConnection>()
  readonly #rejected: Record<string, number> = {}
  readonly #closed: Record<string, number> = {}
  readonly #refused: Record<string, number> = {}
  /** What connections that are gone have done. */
  #gone: SourceTally = { commits: 0, entries: 0n, bytesReceived: 0 }
  /** Who writes, or wrote last. */
  #seated: SourceConnection | undefined
  #listener: Listener | undefined
  #lastId = 0
  #closing: Promise<void> | undefined

  constructor(options: SourceServerOptions) {
    this.#options = options
    this.#host = {
      context: {
        store: options.store,
        token: options.token === '' ? undefined : options.token,
        inactivityTimeoutMs: options.inactivityTimeoutMs ?? 15_000,
        helloTimeoutMs: options.helloTimeoutMs ?? 10_000,
        writeTimeoutMs: options.writeTimeoutMs ?? 10_000,
        maxCommitsInFlight: options.maxCommitsInFlight ?? 4096,
        queues: new KernelQueues(),
      },
      admit: (newcomer) => this.#admit(newcomer),
      onEvent: (event) => this.#onEvent(event),
    }
  }

  /** Where it listens. */
  get address(): { readonly host: string; readonly port: number } | undefined {
    const address = this.#listener?.address
    return address && { host: address.address, port: address.port }
  }

  /** The connections of this moment. */
  connections(): SourceStatus[] {
    return Array.from(this.#connections.values(), (connection) => connection.status)
  }

  get counters(): SourceCounters {
    const tallies = Array.from(this.#connections.values(), ({ tally }) => tally)
    const [rejected, closed, refused] = [{ ...this.#rejected }, { ...this.#closed }, { ...this.#refused }]
    return { accepted: this.#lastId, ...tallies.reduce(sum, this.#gone), rejected, closed, refused }
  }

  /**
   * Listen for sources, once; on 127.0.0.1:6901 unless told otherwise.
   *
   * @throws {UnprotectedError} if other machines can reach the address, and there is neither a token nor TLS that asks
   * for client certificates (`requestCert`, `ca`)
   * @throws {ListenError} if the address is in use, is not ours, or may not be used; it may be tried again
   */
  async listen({ host = '127.0.0.1', port = 6901, tls }: ListenOptions = {}): Promise<void> {
    if (this.#closing !== undefined) throw new TypeError('the server is closed')
    if (this.#listener !== undefined) throw new TypeError('the server listens already')
    checkProtection(host, this.#host.context.token, tls)
    const listener = new Listener(
      {
        maxConnections: this.#options.maxConnections ?? 16,
        maxConnectionsPerAddress: 0,
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

  /**
   * Accept no more sources, roll back what is open, answer the commits that are under way, and cut what is still there
   * after `graceMs`. When it resolves, nothing more is done in the store.
   */
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
    for (const connection of connections) void connection.finish()
    const deadline = new AbortController()
    const isLate = sleep(graceMs, true, { signal: deadline.signal }).catch(() => false)
    if (await Promise.race([closed.then(() => false), isLate])) listener.destroySockets()
    await closed
    deadline.abort()
    await this.#seated?.settled()
  }

  #connect(socket: Socket, remoteAddress: string): void {
    if (this.#closing !== undefined) {
      socket.destroy()
      return
    }
    const id = ++this.#lastId
    const connection = new SourceConnection({ id, remoteAddress, socket, host: this.#host })
    this.#connections.set(id, connection)
    this.#onEvent({ type: 'connected', id, remoteAddress, remotePort: connection.status.remotePort })
  }

  #admit(newcomer: SourceConnection): Promise<void> | undefined {
    const seated = this.#seated
    if (seated !== undefined && !seated.isClosing && seated.sourceId !== newcomer.sourceId) return undefined
    this.#seated = newcomer
    seated?.close({ code: 'SUPERSEDED', text: 'another connection of the same source took over' })
    return seated?.settled() ?? Promise.resolve()
  }

  #onEvent(event: SourceEventDetails): void {
    if (event.type === 'rejected') increment(this.#rejected, event.reason)
    else if (event.type === 'refused') increment(this.#refused, event.code)
    else if (event.type === 'closed') this.#forget(event.id, event.reason)
    publishSourceEvent(this, event)
  }

  #forget(id: number, reason: string): void {
    increment(this.#closed, reason)
    const connection = this.#connections.get(id)
    if (connection === undefined) return
    this.#connections.delete(id)
    this.#gone = sum(this.#gone, connection.tally)
  }
}

function sum(a: SourceTally, b: SourceTally): SourceTally {
  return {
    commits: a.commits + b.commits,
    entries: a.entries + b.entries,
    bytesReceived: a.bytesReceived + b.bytesReceived,
  }
}

import type { Net, NetAddress, ServerTlsOptions, TlsAcceptor } from '@datastreamer/runtime'
import type { ListenAddress } from '../socket/listen-options.ts'
import { HANDSHAKE_TIMEOUT_MS, ListenError } from '../socket/listener.ts'
import type { Clients } from '../tcp/client-host.ts'
import type { EventDetails } from '../tcp/server-events.ts'
import type { ConnectionStatus, ServerCounters } from '../tcp/server-status.ts'
import { addCounters } from './add-counters.ts'
import { ClientThread, type ClientThreadOptions } from './client-thread.ts'

export interface ClientThreadsOptions extends ClientThreadOptions {
  readonly net: Net
}

/** Serves the clients of a server in threads of their own, which listen on the same port. */
export class ClientThreads implements Clients {
  readonly #options: ClientThreadsOptions
  #threads: readonly ClientThread[] = []
  /** Finds out what is wrong with a certificate before it is sent to the threads. */
  #tls: TlsAcceptor | undefined
  #closing: Promise<void> | undefined

  constructor(options: ClientThreadsOptions) {
    this.#options = options
  }

  async listen(address: ListenAddress): Promise<NetAddress> {
    if (this.#closing !== undefined) throw new TypeError('the server is closed')
    if (this.#threads.length > 0) throw new TypeError('the server listens already')
    const { hosts } = this.#options.start
    const onEvent = (event: EventDetails): void => {
      if (event.type !== 'listening') this.#options.onEvent(event)
    }
    const { tls } = address
    this.#tls = tls && this.#options.net.createTlsAcceptor({ tls, handshakeTimeoutMs: HANDSHAKE_TIMEOUT_MS })
    await this.#mustBeFree(address)
    const threads = Array.from({ length: hosts }, () => new ClientThread({ ...this.#options, onEvent }))
    this.#threads = threads
    try {
      const [first, ...others] = threads as [ClientThread, ...ClientThread[]]
      const listening = await first.request({ t: 'listen', address })
      const same = { ...address, port: listening.port }
      await Promise.all(others.map((thread) => thread.request({ t: 'listen', address: same })))
      this.#options.onEvent({ type: 'listening', ...listening, tls: address.tls !== undefined })
      return listening
    } catch (cause) {
      this.#threads = []
      await Promise.all(threads.map((thread) => thread.close(0)))
      const message = cause instanceof Error ? cause.message : String(cause)
      throw new ListenError('LISTEN_FAILED', message, { cause })
    }
  }

  renewTls(tls: ServerTlsOptions): void {
    if (this.#tls === undefined) throw new TypeError('the server listens without TLS')
    this.#tls.renew(tls)
    for (const thread of this.#threads) thread.renewTls(tls)
  }

  async connections(): Promise<ConnectionStatus[]> {
    const each = await Promise.all(this.#threads.map((thread) => thread.request({ t: 'connections' })))
    return each.flat()
  }

  async counters(): Promise<ServerCounters> {
    return addCounters(await Promise.all(this.#threads.map((thread) => thread.request({ t: 'counters' }))))
  }

  close(graceMs: number): Promise<void> {
    this.#closing ??= Promise.all(this.#threads.map((thread) => thread.close(graceMs))).then(() => undefined)
    return this.#closing
  }

  /** Those who share a port do not notice who else has it. @throws {ListenError} */
  async #mustBeFree({ host, port }: ListenAddress): Promise<void> {
    if (port === 0) return
    try {
      const listener = await this.#options.net.listen({
        host,
        port,
        backlog: 1,
        keepAliveMs: 0,
        onConnection: (socket) => socket.destroy(),
      })
      await listener.close()
    } catch (cause) {
      const message = `cannot listen on ${host}:${port}: ${(cause as Error).message}`
      throw new ListenError('LISTEN_FAILED', message, { cause })
    }
  }
}

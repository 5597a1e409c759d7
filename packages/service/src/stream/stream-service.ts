import type { Clock } from '@datastreamer/runtime'
import {
  descriptorLimit,
  roomForClients,
  type ServedSignatures,
  type ServedStream,
  StreamServer,
} from '@datastreamer/server'
import type { Address } from '../admin/address.ts'
import type { COMMON_OPTIONS } from '../options/common-options.ts'
import type { ConfigOf } from '../options/option.ts'
import type { ServiceContext } from '../run/service.ts'
import { loadServerTls } from '../tls/server-tls.ts'
import { logServer } from './log-server.ts'
import { observeLog, observeServer, slowestLag } from './observe-server.ts'
import { ReadWatch } from './read-watch.ts'

/** What of a service's configuration says how clients are served. */
export interface ServingConfig extends Omit<ConfigOf<typeof COMMON_OPTIONS>, 'config'> {
  readonly host: string
  readonly port: number
}

/** Clients that the status lists one by one. */
const MAX_LISTED = 100

/** Serves a stream to clients as the options say, and shows in logs, metrics and status how that goes. */
export class StreamService implements AsyncDisposable {
  readonly #server: StreamServer
  readonly #unlisten: () => void
  readonly #listening: Address
  readonly #reads: ReadWatch

  private constructor(server: StreamServer, unlisten: () => void, listening: Address, clock: Clock) {
    this.#server = server
    this.#unlisten = unlisten
    this.#listening = listening
    this.#reads = new ReadWatch(server, clock)
  }

  /** Serve from now on. It closes neither stream nor signatures. @throws {ConfigError} @throws if it cannot listen there */
  static async start(
    stream: ServedStream,
    config: ServingConfig,
    { log, metrics, tlsRenewal, clock, net }: Pick<ServiceContext, 'log' | 'metrics' | 'tlsRenewal' | 'clock' | 'net'>,
    signatures?: ServedSignatures,
  ): Promise<StreamService> {
    const { host, port } = config
    warnOfDescriptors(config, log)
    const server = new StreamServer({
      reader: stream,
      clock,
      net,
      writeTimeoutMs: config.writeTimeout,
      inactivityTimeoutMs: config.inactivityTimeout,
      maxConnections: config.maxConnections,
      maxConnectionsPerAddress: config.maxConnectionsPerAddress,
      closeOnStateError: !config.keepOpenOnStateError,
      compression: config.compression,
      readerThreads: config.readerThreads,
      signatures,
    })
    const unlisten = logServer(log, server)
    observeLog(metrics, stream.log)
    observeServer(metrics, server, config.maxConnections)
    try {
      await server.listen({ host, port, tls: loadServerTls(config) })
    } catch (error) {
      unlisten()
      throw error
    }
    tlsRenewal.add(() => {
      const tls = loadServerTls(config)
      return () => tls && server.renewTls(tls)
    })
    return new StreamService(server, unlisten, server.address ?? { host, port }, clock)
  }

  /** Where it listens. */
  get address(): Address {
    return this.#listening
  }

  /** Why clients do not get what is there, if that is so. */
  get problem(): string | undefined {
    return this.#reads.problem
  }

  /** What somebody else than its clients asked for could not be read. @param again reads it once more */
  readFailed(error: unknown, again: () => Promise<unknown>): void {
    this.#reads.remember(error, again)
  }

  /** Its clients, for the status. */
  async clients(): Promise<Readonly<Record<string, unknown>>> {
    const connections = await this.#server.connections()
    return {
      connected: connections.length,
      streaming: connections.filter(({ state }) => state === 'streaming').length,
      slowestLagEntries: slowestLag(connections),
      counters: await this.#server.counters(),
      list: connections.slice(0, MAX_LISTED),
    }
  }

  /** Accept no more clients, and let those that are there take what was written to them for at most `graceMs`. */
  async close({ graceMs }: { readonly graceMs: number }): Promise<void> {
    await this.#server.close({ graceMs })
    this.#reads[Symbol.dispose]()
    this.#unlisten()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close({ graceMs: 0 })
  }
}

/** Clients that find no descriptor are rejected: say so before they come. */
function warnOfDescriptors({ maxConnections }: ServingConfig, log: ServiceContext['log']): void {
  const limit = descriptorLimit()
  const room = limit === undefined ? Number.POSITIVE_INFINITY : roomForClients(limit)
  if (maxConnections <= room) return
  const message = `ulimit -n is ${limit}, which has room for ${room} clients, not for --max-connections ${maxConnections}`
  log.warn('descriptor-limit', `${message}: raise it (LimitNOFILE)`, { limit, room })
}

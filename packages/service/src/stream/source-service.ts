import type { ServerTlsOptions } from '@datastreamer/runtime'
import {
  checkProtection,
  type ListenOptions,
  onSourceEvent,
  REJECT_REASONS,
  SOURCE_CLOSE_REASONS,
  SOURCE_REFUSAL_CODES,
  type SourceEvent,
  SourceServer,
  type SourceStatus,
  UnprotectedError,
} from '@datastreamer/server'
import type { StreamStore } from '@datastreamer/store'
import { type Address, addressText } from '../admin/address.ts'
import { ConfigError } from '../errors.ts'
import type { Log } from '../log/log.ts'
import { gauge, total, totals } from '../metrics/instruments.ts'
import type { ServiceContext } from '../run/service.ts'
import { loadServerTls } from '../tls/server-tls.ts'

/** What of a service's configuration says who may write. */
export interface SourceConfig {
  readonly sourcePort: number | undefined
  readonly sourceHost: string
  readonly sourceToken: string | undefined
  readonly sourceTls: boolean
  readonly sourceClientCa: string | undefined
  readonly tlsCert: string | undefined
  readonly tlsKey: string | undefined
}

export interface SourceListening {
  readonly store: StreamStore
  readonly port: number
  /** What {@link checkSource} gave. */
  readonly tls: ListenOptions['tls']
  /** Called with what a source asked for and could not be read; `again` reads it once more. */
  readonly onReadFailure: (error: unknown, again: () => Promise<unknown>) => void
}

/** Lets sources write the stream as the options say, and shows in logs, metrics and status how that goes. */
export class SourceService {
  readonly #server: SourceServer
  readonly #unlisten: () => void
  readonly address: Address

  private constructor(server: SourceServer, unlisten: () => void, address: Address) {
    this.#server = server
    this.#unlisten = unlisten
    this.address = address
  }

  /** Listen for sources on a port. */
  static async start(
    { store, port, tls, onReadFailure }: SourceListening,
    config: SourceConfig,
    { log, metrics, tlsRenewal, clock, net }: ServiceContext,
  ): Promise<SourceService> {
    const server = new SourceServer({ store, token: config.sourceToken, clock, net })
    const unlisten = onSourceEvent(server, (event) => {
      if (event.type === 'error') onReadFailure(event.error, event.again)
      else logEvent(log, event)
    })
    try {
      await server.listen({ host: config.sourceHost, port, tls })
    } catch (error) {
      unlisten()
      throw error
    }
    observe(metrics, server)
    tlsRenewal.add(() => {
      const renewed = checkSource(config)
      return () => renewed && server.renewTls(renewed)
    })
    return new SourceService(server, unlisten, server.address ?? { host: config.sourceHost, port })
  }

  /** Its connections, for the status. */
  get status(): { readonly counters: unknown; readonly list: readonly SourceStatus[] } {
    return { counters: this.#server.counters, list: this.#server.connections() }
  }

  /** Roll back what a source has open, and answer the commits that are under way. */
  async close({ graceMs }: { readonly graceMs: number }): Promise<void> {
    await this.#server.close({ graceMs })
    this.#unlisten()
  }
}

/**
 * What the options say of sources: the TLS that they have to use, if any.
 *
 * @throws {ConfigError} `CONFLICT`, also if everybody could write the stream; `BAD_TLS`
 */
export function checkSource(config: SourceConfig): ServerTlsOptions | undefined {
  if (config.sourcePort === undefined) return undefined
  const tls = sourceTls(config)
  try {
    checkProtection(config.sourceHost, config.sourceToken, tls)
  } catch (error) {
    if (!(error instanceof UnprotectedError)) throw error
    throw new ConfigError('CONFLICT', `--source-host: ${error.message} (--source-token, --source-client-ca)`)
  }
  return tls
}

/** The certificate is that of the listener for clients; who may write is another question than who may read. */
function sourceTls({ sourceTls: wanted, sourceClientCa, tlsCert, tlsKey }: SourceConfig): ServerTlsOptions | undefined {
  if (!wanted && sourceClientCa === undefined) return undefined
  if (!wanted) throw new ConfigError('CONFLICT', '--source-client-ca needs --source-tls')
  if (tlsCert === undefined) throw new ConfigError('CONFLICT', '--source-tls needs --tls-cert and --tls-key')
  return loadServerTls({ tlsCert, tlsKey, tlsClientCa: sourceClientCa })
}

function observe(registry: ServiceContext['metrics'], server: SourceServer): void {
  const writing = (): number => server.connections().filter(({ state }) => state === 'writing').length
  gauge(registry, 'datastreamer_source_writing', 'Whether a source is connected and may write', writing)
  const received = 'Bytes received from sources'
  total(registry, 'datastreamer_source_received_bytes_total', received, () => server.counters.bytesReceived)
  const commits = 'Operations that sources committed'
  total(registry, 'datastreamer_source_commits_total', commits, () => server.counters.commits)
  const rejected = 'Connections of source clients that were rejected'
  totals(
    registry,
    'datastreamer_source_rejected_total',
    rejected,
    'reason',
    () => server.counters.rejected,
    REJECT_REASONS,
  )
  const closed = 'Connections of source clients that were closed'
  totals(
    registry,
    'datastreamer_source_closed_total',
    closed,
    'reason',
    () => server.counters.closed,
    SOURCE_CLOSE_REASONS,
  )
  const refused = 'Requests of sources that were refused'
  totals(
    registry,
    'datastreamer_source_refused_total',
    refused,
    'code',
    () => server.counters.refused,
    SOURCE_REFUSAL_CODES,
  )
}

function logEvent(log: Log, event: Exclude<SourceEvent, { readonly type: 'error' }>): void {
  const { server, type, ...fields } = event
  switch (event.type) {
    case 'listening':
      log.info('source-listening', `listening for sources on ${addressText(event)}${event.tls ? ' with TLS' : ''}`)
      return
    case 'rejected':
      log.warn('source-rejected', `source ${event.remoteAddress} was rejected: ${event.reason}`, fields)
      return
    case 'writing':
      log.info('source-writing', `source ${event.sourceId} writes from entry ${event.nextEntry} on`, fields)
      return
    case 'refused':
      log.warn('source-refused', `refused what source ${event.id} asked for: ${event.code}, ${event.detail}`, fields)
      return
    case 'closed': {
      const why = event.detail === undefined ? event.reason : `${event.reason}, ${event.detail}`
      log.info('source-closed', `source ${event.sourceId ?? event.remoteAddress} was closed: ${why}`, fields)
      return
    }
    default:
      log.debug(`source-${event.type}`, `source ${event.id}: ${type}`, fields)
  }
}

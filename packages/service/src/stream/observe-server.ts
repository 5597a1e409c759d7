import { ResultCode } from '@datastreamer/format'
import {
  CLOSE_REASONS,
  type ConnectionStatus,
  REJECT_REASONS,
  type ServerCounters,
  type StreamServer,
} from '@datastreamer/server'
import type { StreamLog } from '@datastreamer/store/log'
import { Gauge, type Registry } from 'prom-client'
import { gauge, total, totals } from '../metrics/instruments.ts'

const REFUSED: readonly string[] = Object.values(ResultCode)
  .filter((code) => code !== ResultCode.OK)
  .map(String)

/** Show what a stream server does: connections, their limit, bytes, who was rejected and why. */
export function observeServer(registry: Registry, server: StreamServer, maxConnections: number): void {
  const registers = [registry]
  const limit = new Gauge({
    name: 'datastreamer_max_connections',
    help: 'Clients that may be connected at a time',
    registers,
  })
  limit.set(maxConnections === 0 ? Number.POSITIVE_INFINITY : maxConnections)
  new Gauge({
    name: 'datastreamer_connections',
    help: 'Clients that are connected, by state',
    labelNames: ['state'],
    registers,
    async collect() {
      const counts = { stopped: 0, streaming: 0, closing: 0 }
      for (const { state } of await server.connections()) counts[state]++
      for (const [state, count] of Object.entries(counts)) this.set({ state }, count)
    },
  })
  new Gauge({
    name: 'datastreamer_slowest_reader_lag_entries',
    help: 'Committed entries that the streaming client that is furthest behind has yet to be sent',
    registers,
    async collect() {
      this.set(slowestLag(await server.connections()))
    },
  })
  total(
    registry,
    'datastreamer_connections_accepted_total',
    'Clients that were accepted',
    async () => (await server.counters()).accepted,
  )
  total(
    registry,
    'datastreamer_sent_bytes_total',
    'Bytes sent to clients',
    async () => (await server.counters()).bytesSent,
  )
  observeCompression(registry, server)
  totals(
    registry,
    'datastreamer_connections_rejected_total',
    'Clients that were rejected',
    'reason',
    async () => (await server.counters()).rejected,
    REJECT_REASONS,
  )
  totals(
    registry,
    'datastreamer_connections_closed_total',
    'Connections that were closed',
    'reason',
    async () => (await server.counters()).closed,
    CLOSE_REASONS,
  )
  totals(
    registry,
    'datastreamer_commands_refused_total',
    'Results other than OK, by their code',
    'code',
    async () => (await server.counters()).refused,
    REFUSED,
  )
}

function observeCompression(registry: Registry, server: StreamServer): void {
  const now = async (): Promise<ServerCounters['compression']> => (await server.counters()).compression
  const runs = 'Runs of entries that were compressed, each for all clients of a thread that were sent it'
  total(registry, 'datastreamer_compressed_runs_total', runs, async () => (await now()).runs)
  const sent = 'Bytes of compressed packets sent to clients'
  total(registry, 'datastreamer_compressed_sent_bytes_total', sent, async () => (await now()).bytesSent)
  const before = 'Bytes that the packets in them would have had'
  total(registry, 'datastreamer_compressed_content_bytes_total', before, async () => (await now()).bytesBefore)
}

/** Show how long a log is. */
export function observeLog(registry: Registry, log: StreamLog): void {
  gauge(registry, 'datastreamer_stream_entries', 'Committed entries', () => Number(log.header.totalEntries))
  const bytes = 'Committed bytes of the stream file'
  gauge(registry, 'datastreamer_stream_bytes', bytes, () => log.header.totalLength)
}

/** Entries that the streaming client that is furthest behind has yet to be sent. */
export function slowestLag(connections: readonly ConnectionStatus[]): number {
  return connections.reduce((most, { lagEntries = 0 }) => Math.max(most, lagEntries), 0)
}

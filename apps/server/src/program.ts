import { StreamServer } from '@datastreamer/server'
import {
  loadServerTls,
  logServer,
  observeLog,
  observeServer,
  type Service,
  type ServiceContext,
  type ServiceProgram,
  slowestLag,
} from '@datastreamer/service'
import pkg from '../package.json' with { type: 'json' }
import { DemoSequencer } from './demo-sequencer.ts'
import { type OpenStream, openStream } from './open-stream.ts'
import { type Config, EXAMPLES, OPTIONS } from './options.ts'

export const program: ServiceProgram<typeof OPTIONS> = {
  text: {
    name: 'datastreamer-server',
    version: pkg.version,
    description: 'Serve a data stream file to any number of clients over TCP.',
    examples: EXAMPLES,
  },
  options: OPTIONS,
  start,
}

async function start(config: Config, context: ServiceContext): Promise<Service> {
  const { log, metrics, fail } = context
  const stream = await openStream(config, context)
  const { reader, mode, store } = stream
  const server = new StreamServer({
    log: reader.log,
    bookmarks: reader.index,
    operationEnds: store?.operationEnds,
    writeTimeoutMs: config.writeTimeout,
    inactivityTimeoutMs: config.inactivityTimeout,
    maxConnections: config.maxConnections,
    maxConnectionsPerAddress: config.maxConnectionsPerAddress,
  })
  const unlisten = logServer(log, server)
  let demo: DemoSequencer | undefined
  const close = async (graceMs: number): Promise<void> => {
    try {
      await demo?.close()
      await server.close({ graceMs })
    } finally {
      unlisten()
      await reader.close()
    }
  }
  try {
    observeLog(metrics, reader.log)
    observeServer(metrics, server)
    await server.listen({ host: config.host, port: config.port, tls: loadServerTls(config) })
    if (config.demo && store !== undefined) {
      demo = await DemoSequencer.start({ store, blockTimeMs: config.demoBlockTime, onError: fail })
    }
  } catch (error) {
    await close(0)
    throw error
  }
  const { totalEntries } = reader.getHeader()
  log.info('serving', `serving ${config.file} (${mode}) with ${totalEntries} entries`)
  const address = server.address ?? { host: config.host, port: config.port }
  return {
    addresses: { stream: address },
    readiness: () => {
      const problem = stream.problem()
      return { ready: problem === undefined, reason: problem }
    },
    status: () => ({ ...statusOf(config, stream, server), ...(demo && { demo: { nextBlock: demo.nextBlock } }) }),
    close: ({ graceMs }) => close(graceMs),
  }
}

/** Clients that the status lists one by one. */
const MAX_LISTED = 100

function statusOf(
  { file }: Config,
  { mode, reader, store }: OpenStream,
  server: StreamServer,
): Record<string, unknown> {
  const connections = server.connections()
  return {
    mode,
    file,
    stream: reader.getHeader(),
    address: server.address,
    clients: {
      connected: connections.length,
      streaming: connections.filter(({ state }) => state === 'streaming').length,
      slowestLagEntries: slowestLag(server),
      counters: server.counters,
      list: connections.slice(0, MAX_LISTED),
    },
    ...(store && { writes: store.stats }),
  }
}

import { HttpFallback, Rpc } from '@datastreamer/era-rpc'
import { BeaconApi, beaconHandler } from '@datastreamer/era-rpc/beacon'
import { RpcServer } from '@datastreamer/era-rpc/node'
import {
  ConfigError,
  loadServerTls,
  type Service,
  type ServiceContext,
  type ServiceProgram,
} from '@datastreamer/service'
import pkg from '../../../package.json' with { type: 'json' }
import { CallCounts, showHistory } from './call-counts.ts'
import { NO_HISTORY } from './no-history.ts'
import { type Config, EXAMPLES, OPTIONS } from './options.ts'
import { type Refreshed, Refresher } from './refresher.ts'
import { reportHistory } from './report.ts'
import { reportBeacon } from './report-beacon.ts'
import { openFiles, type ServedFiles } from './sources.ts'

export const program: ServiceProgram<typeof OPTIONS> = {
  text: {
    name: 'datastreamer e2store serve',
    version: pkg.version,
    description: 'Serve e2store files as Ethereum JSON-RPC over HTTP and WebSocket, and as the Beacon API.',
    examples: EXAMPLES,
  },
  options: OPTIONS,
  start,
}

/** The longest time of timers. */
const NEVER_MS = 0x7fff_ffff

async function start(config: Config, context: ServiceContext): Promise<Service> {
  const { log, waiting } = context
  const counts = new CallCounts(context)
  const fallback = fallbackOf(config, counts)
  waiting('opening files')
  const files = await openFiles(config, context)
  const { history, beacon, trust } = files
  let server: RpcServer
  try {
    server = await listen(config, context, { files, counts, fallback })
  } catch (error) {
    await files[Symbol.asyncDispose]()
    throw error
  }
  if (history !== undefined) reportHistory(history, trust, log)
  const sayBeacon = (): void => void (beacon && reportBeacon(beacon, log, context.signal))
  sayBeacon()
  if (fallback !== undefined) log.info('fallback', `what no file has is asked of ${fallback.name}, unverified`)
  showHistory(history ?? NO_HISTORY, context)
  const refreshers: Refresher[] = []
  const refresh = (files: Refreshed, onChange: () => void): void => {
    if (config.refresh > 0) refreshers.push(new Refresher(files, config.refresh, context, onChange))
  }
  if (history !== undefined) refresh(history, () => reportHistory(history, trust, log))
  if (beacon !== undefined) refresh(beacon, sayBeacon)
  return {
    addresses: { rpc: server.address },
    readiness: () => ({ ready: true }),
    status: () => ({
      ...{ runs: history?.runs, head: history?.head?.number, network: history?.network, trust },
      ...{ address: server.address, webSockets: server.webSockets, ...counts.status, files: history?.files },
    }),
    close: async ({ graceMs }) => {
      for (const refresher of refreshers) refresher[Symbol.dispose]()
      await server.close({ graceMs })
      await files[Symbol.asyncDispose]()
    },
  }
}

function fallbackOf({ fallback, fallbackTimeout }: Config, { onFallbackFault }: CallCounts): HttpFallback | undefined {
  if (fallback === undefined) return undefined
  try {
    return new HttpFallback(fallback, { timeoutMs: fallbackTimeout, onFault: onFallbackFault })
  } catch (error) {
    throw new ConfigError('BAD_VALUE', `--fallback: ${(error as Error).message}`, { cause: error })
  }
}

interface Parts {
  readonly files: ServedFiles
  readonly counts: CallCounts
  readonly fallback: HttpFallback | undefined
}

async function listen(
  config: Config,
  { tlsRenewal }: ServiceContext,
  { files, counts, fallback }: Parts,
): Promise<RpcServer> {
  const { history = NO_HISTORY, beacon, chainId } = files
  const { totalDifficulty, maxLogs } = config
  const [maxSearchMs, timeoutMs] = [config.maxSearchTime || NEVER_MS, config.requestTimeout || NEVER_MS]
  const clientVersion = `datastreamer/v${pkg.version}/${process.platform}-${process.arch}/node${process.versions.node}`
  const answers = { chainId, clientVersion, totalDifficulty, fallback, maxLogs, maxSearchMs, timeoutMs }
  const rpc = new Rpc(history, { ...answers, onCall: counts.onCall })
  const tls = loadServerTls(config)
  const { host, port, httpVhosts: allowedHosts, httpCorsdomain: allowedOrigins } = config
  const server = await RpcServer.listen(rpc, {
    ...{ host, port, allowedHosts, allowedOrigins, tls, onFault: counts.onFault },
    ...{
      maxConnections: config.maxConnections || Number.MAX_SAFE_INTEGER,
      idleTimeoutMs: config.inactivityTimeout,
      requestTimeoutMs: timeoutMs,
    },
    beacon: beacon && beaconHandler(new BeaconApi(beacon, pkg.version), { onFault: counts.onFault }),
  })
  tlsRenewal.add(() => {
    const renewed = loadServerTls(config)
    return () => renewed && server.renewTls(renewed)
  })
  return server
}

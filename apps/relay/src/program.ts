import { formatVerifierKey } from '@datastreamer/format/signing'
import {
  ConfigError,
  closeInTurn,
  type Readiness,
  type Service,
  type ServiceContext,
  type ServiceProgram,
} from '@datastreamer/service'
import { readVerifierKeys } from '@datastreamer/service/keys'
import {
  ObservedStore,
  PublishService,
  passSignatures,
  readPublishTarget,
  StreamService,
  scrubOf,
  signStream,
} from '@datastreamer/service/stream'
import pkg from '../package.json' with { type: 'json' }
import { fileName, openFile } from './file/open-file.ts'
import type { Report } from './follow/follow-event.ts'
import { FollowStatus } from './follow/follow-status.ts'
import { Follower } from './follow/follower.ts'
import { logFollowEvent, upstreamFailure } from './log-follower.ts'
import { observeFollower } from './observe-follower.ts'
import { type Config, EXAMPLES, OPTIONS } from './options.ts'
import { openRelayHistory } from './upstream/open-history.ts'
import { readUpstream } from './upstream/upstream.ts'
import { UpstreamTls } from './upstream/upstream-tls.ts'

/** Fewer are hardly meant: some versions of the Go relay take `--writetimeout` in seconds. */
const SHORT_WRITE_TIMEOUT_MS = 100

export const program: ServiceProgram<typeof OPTIONS> = {
  text: {
    name: 'datastreamer-relay',
    version: pkg.version,
    description: 'Follow a data stream server and serve its stream to clients of its own.',
    examples: EXAMPLES,
  },
  options: OPTIONS,
  start,
}

async function start(config: Config, context: ServiceContext): Promise<Service> {
  const { log, metrics, clock, net, signal, waiting, fail } = context
  if (config.deleteData) {
    const message = 'DeleteData is true, but this relay deletes no data: move its file away, and leave DeleteData out'
    throw new ConfigError('BAD_VALUE', message)
  }
  const upstreamTls = new UpstreamTls(config)
  context.tlsRenewal.add(() => upstreamTls.readAgain())
  const upstreams = config.server.map((text) => readUpstream(text, upstreamTls))
  const { connectTimeout: connectTimeoutMs, responseTimeout: responseTimeoutMs } = config
  const compression = config.compression ? 'auto' : false
  const history = await openRelayHistory(config, log)
  const publishTarget = await readPublishTarget(config)
  const publicKey = await publicKeysOf(config)
  const limits = { connectTimeoutMs, responseTimeoutMs, compression, publicKey, history, clock, net } as const
  const rounds = { maxMs: config.retryMax }
  const file = await fileName(config.file)
  if (config.logOutputs !== undefined) log.info('log-outputs', 'Log.Outputs has no effect: logs go to standard error')
  if (config.checkInterval !== undefined) {
    log.info('check-interval', 'the check interval has no effect: inactive clients are disconnected when they are due')
  }
  if (config.traceLogEnabled) log.info('trace-log', 'TraceLogEnabled has no effect: there is no trace log')
  if (config.writeTimeout > 0 && config.writeTimeout < SHORT_WRITE_TIMEOUT_MS) {
    const { writeTimeout: ms } = config
    log.warn('write-timeout', `a write timeout of ${ms} ms disconnects clients at every delay: is ${ms}s meant?`)
  }
  const status = new FollowStatus(upstreams, clock)
  observeFollower(metrics, status, upstreams)
  const report: Report = (event) => {
    status.apply(event)
    logFollowEvent(log, event)
  }
  const observed = new ObservedStore(context)
  const store = await openFile({
    file,
    mustExist: config.mustExist,
    upstreams,
    streamType: config.streamType,
    limits,
    rounds,
    signal,
    onFailure: (upstream, error) => {
      report({ event: 'failed', upstream, error })
      waiting(upstreamFailure(upstream, error))
    },
    onNewIdentity: ({ version, systemId }) => {
      const message = `${file} is a copy of the upstream's stream: its header gets version ${version} and system id ${systemId}`
      log.warn('header-taken-over', message, { version, systemId })
    },
    openStore: (identity) => {
      return observed.open({
        ...identity,
        file,
        fsync: config.fsync,
        fsyncIntervalMs: config.fsyncInterval,
        scrub: scrubOf(config),
      })
    },
  })
  let follower: Follower | undefined
  let served: StreamService | undefined
  let published: PublishService | undefined
  let own: Awaited<ReturnType<typeof signStream>>
  let passed: Awaited<ReturnType<typeof passSignatures>> | undefined
  const close = (graceMs: number, closeFile = () => store.close()): Promise<void> => {
    const file = async (): Promise<void> => {
      await Promise.all([own?.close(), passed?.close()])
      await closeFile()
    }
    const clients = async (graceMs: number) => served?.close({ graceMs })
    const writers = (graceMs: number) => Promise.all([follower?.close(), published?.close({ graceMs })])
    return closeInTurn({ writers, clients, file }, graceMs, clock)
  }
  try {
    status.opened(store)
    own = await signStream(store.log, config, context)
    passed = own === undefined ? await passSignatures(store.log, context) : undefined
    served = await StreamService.start(store, config, context, own ?? passed)
    follower = new Follower(
      {
        store,
        upstreams,
        limits,
        rounds,
        onTruncate: config.onTruncate,
        truncateGraceMs: config.truncateGrace,
        report,
        signatures: passed,
      },
      fail,
    )
    published = PublishService.start(publishTarget, store.log, context)
  } catch (error) {
    // What was made for this start is removed with it.
    await close(0, () => store.discard())
    throw error
  }
  const { address } = served
  log.info('serving', `serving ${file} with ${store.getHeader().totalEntries} entries`)
  return {
    addresses: { stream: address },
    readiness: () => readiness(config, status, observed.problem ?? served.problem),
    status: async () => ({
      mode: 'relay',
      file,
      stream: store.getHeader(),
      address,
      relay: status.toJson(),
      signatures: (own ?? passed)?.status,
      clients: await served.clients(),
      writes: store.stats,
      ...(published && { history: published.status }),
    }),
    close: ({ graceMs }) => close(graceMs),
  }
}

/** Keys that upstreams have to prove the stream with, as text. @throws {ConfigError} */
async function publicKeysOf({ serverPublicKey }: Config): Promise<readonly string[] | undefined> {
  const keys = await Promise.all((serverPublicKey ?? []).map((key) => readVerifierKeys('--server-public-key', key)))
  return keys.length === 0 ? undefined : keys.flat().map(formatVerifierKey)
}

function readiness(
  { readyLag, readyDisconnected }: Config,
  status: FollowStatus,
  problem: string | undefined,
): Readiness {
  const { lag, refusal, stopped, disconnectedMs } = status
  const reason = (): string | undefined => {
    if (stopped !== undefined) return stopped.message
    if (problem !== undefined) return problem
    if (refusal !== undefined) return refusal.error.message
    if (lag === undefined) return 'no upstream was reached yet'
    if (disconnectedMs > readyDisconnected) return `no upstream for ${Math.round(disconnectedMs / 1000)} s`
    return lag > readyLag ? `${lag} entries behind its upstream` : undefined
  }
  const found = reason()
  return { ready: found === undefined, reason: found }
}

import { closeInTurn, type Service, type ServiceContext, type ServiceProgram } from '@datastreamer/service'
import {
  checkSource,
  PublishService,
  readPublishTarget,
  SourceService,
  StreamService,
  signStream,
} from '@datastreamer/service/stream'
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
  const { log, clock, fail } = context
  const sourceTls = checkSource(config)
  const publishTarget = await readPublishTarget(config)
  const stream = await openStream(config, context)
  const { reader, mode, store } = stream
  let served: StreamService | undefined
  let demo: DemoSequencer | undefined
  let source: SourceService | undefined
  let published: PublishService | undefined
  let signatures: Awaited<ReturnType<typeof signStream>>
  const close = (graceMs: number, closeFile = () => reader.close()): Promise<void> => {
    const writers = (graceMs: number) =>
      Promise.all([demo?.close(), source?.close({ graceMs }), published?.close({ graceMs })])
    const file = async (): Promise<void> => {
      await signatures?.close()
      await closeFile()
    }
    return closeInTurn({ writers, clients: async (graceMs) => served?.close({ graceMs }), file }, graceMs, clock)
  }
  try {
    signatures = await signStream(reader.log, config, context)
    served = await StreamService.start(reader, config, context, signatures)
    if (config.demo && store !== undefined) {
      demo = await DemoSequencer.start({ store, blockTimeMs: config.demoBlockTime, clock, onError: fail })
    }
    if (config.sourcePort !== undefined && store !== undefined) {
      const { sourcePort: port } = config
      const onReadFailure = served.readFailed.bind(served)
      source = await SourceService.start({ store, port, tls: sourceTls, onReadFailure }, config, context)
    }
    published = PublishService.start(publishTarget, reader.log, context)
  } catch (error) {
    // What was made for this start is taken away with it.
    await close(0, () => store?.discard() ?? reader.close())
    throw error
  }
  const { totalEntries } = reader.getHeader()
  log.info('serving', `serving ${config.file} (${mode}) with ${totalEntries} entries`)
  const { address } = served
  return {
    addresses: { stream: address, ...(source && { source: source.address }) },
    readiness: () => {
      const problem = stream.problem() ?? served.problem
      return { ready: problem === undefined, reason: problem }
    },
    status: async () => ({
      ...statusOf(config, stream, served.address),
      ...(signatures && { signatures: signatures.status }),
      clients: await served.clients(),
      ...(demo && { demo: { nextBlock: demo.nextBlock } }),
      ...(source && { source: source.status }),
      ...(published && { history: published.status }),
    }),
    close: ({ graceMs }) => close(graceMs),
  }
}

function statusOf(
  { file }: Config,
  { mode, reader, store }: OpenStream,
  address: StreamService['address'],
): Record<string, unknown> {
  return { mode, file, stream: reader.getHeader(), address, ...(store && { writes: store.stats }) }
}

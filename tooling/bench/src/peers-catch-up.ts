import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { BenchContext, Benchmark, Table } from './harness/benchmark.ts'
import { count, fixed } from './harness/format.ts'
import { askOnce, BenchProcess } from './harness/process.ts'
import { alternate, type Measure } from './harness/rounds.ts'
import { ratios, spread, summarize } from './harness/summary.ts'
import { type Form, SYSTEM_OF } from './peers/form.ts'
import type { PeerReadQuestion } from './peers/read/read.ts'
import type { PeerServer } from './peers/servers/peer-server.ts'
import { START } from './peers/servers/start.ts'
import type { PeerWriteQuestion } from './peers/write/write.ts'

const ENTRIES = 500_000
const MS = 300

/** How entries lie in a stream: each by itself, or several together. */
interface Stored {
  readonly name: string
  readonly form: Form
  readonly operationEntries: number
}

const OURS = { name: 'our server', form: 'operation', operationEntries: 1 } as const satisfies Stored
const STORED: readonly Stored[] = [
  OURS,
  { name: 'Redis', form: 'commands', operationEntries: 1 },
  { name: 'Redis, ten fields', form: 'fields', operationEntries: 10 },
  { name: 'JetStream', form: 'message', operationEntries: 1 },
  { name: 'JetStream, ten in a message', form: 'message', operationEntries: 10 },
]

export const peersCatchUp: Benchmark = {
  name: 'peers-catch-up',
  title: 'Catching up, beside Redis Streams and NATS JetStream',
  document: 'benchmarks-peers.md',
  run,
}

async function run(context: BenchContext): Promise<readonly Table[]> {
  const entries = context.quick ? ENTRIES / 10 : ENTRIES
  await using stack = new AsyncDisposableStack()
  const measures: Record<string, Measure> = {}
  for (const stored of STORED) {
    const server = await filled(stored, entries, context)
    stack.use(server)
    for (const by of ['bytes', 'client'] as const) {
      const reader = stack.use(await BenchProcess.start('../peers/read/read.ts'))
      const { form, operationEntries } = stored
      const question = { by, form, port: server.readPort, entries, operationEntries, ms: MS }
      measures[`${stored.name}, ${by}`] = () => reader.ask<number>(question satisfies PeerReadQuestion)
    }
  }
  const samples = await alternate(measures, context)
  const cells = (name: string, by: string): string[] => {
    const [ours = [], rates = []] = [samples[`${OURS.name}, ${by}`], samples[`${name}, ${by}`]]
    return [spread(summarize(rates), count), name === OURS.name ? '' : spread(ratios(ours, rates), fixed(2))]
  }
  return [
    {
      title: `${count(entries)} entries of 200 bytes, read from the first to the last, entries/s`,
      columns: ['', 'bytes', 'ours to it', 'client', 'ours to it'],
      rows: STORED.map(({ name }) => [name, ...cells(name, 'bytes'), ...cells(name, 'client')]),
      note:
        'Bytes: a reader that goes from entry to entry by their lengths and counts them. Client: ours in batches, ioredis, ' +
        'a subscription of the NATS client. Whether writes were synced makes no difference to reading. Ratios above 1: we are faster.',
    },
  ]
}

async function filled(
  { form, operationEntries, name }: Stored,
  entries: number,
  { folder }: BenchContext,
): Promise<PeerServer> {
  const own = join(folder, name.replaceAll(/\W+/g, '-'))
  mkdirSync(own)
  const server = await START[SYSTEM_OF[form]](own, false)
  await askOnce('../peers/write/write.ts', {
    by: { t: 'bytes', form, port: server.port },
    entries: operationEntries,
    batch: 1000,
    window: 2000,
    until: { operations: entries / operationEntries },
    warmUpMs: 0,
  } satisfies PeerWriteQuestion)
  return server
}

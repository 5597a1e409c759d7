import { tempDir } from '@datastreamer/fixtures'
import type { BenchContext, Benchmark, Table } from './harness/benchmark.ts'
import { count, fixed } from './harness/format.ts'
import { alternate, type Measure } from './harness/rounds.ts'
import { ratios, spread, summarize } from './harness/summary.ts'
import { canJetStreamSync } from './peers/servers/jetstream.ts'
import { measureWrites, type Way } from './peers/write/measure.ts'

export const peersWrite: Benchmark = {
  name: 'peers-write',
  title: 'Writing, beside Redis Streams and NATS JetStream',
  document: 'benchmarks-peers.md',
  run,
}

/** How something is written, and what of ours it is compared with. */
interface Row {
  readonly name: string
  readonly way: Way
  readonly ours?: 'client' | 'bytes'
}

const OURS: readonly Row[] = [
  { name: 'our server, our client', way: { t: 'client', form: 'operation' } },
  { name: 'our server, bytes', way: { t: 'bytes', form: 'operation' } },
  { name: 'our store, in the writer', way: { t: 'store' } },
]

const ONE_BY_ONE: readonly Row[] = [
  ...OURS,
  { name: 'Redis, ioredis', way: { t: 'client', form: 'commands' }, ours: 'client' },
  { name: 'Redis, bytes', way: { t: 'bytes', form: 'commands' }, ours: 'bytes' },
  { name: 'Redis, redis-benchmark', way: { t: 'redis-benchmark' }, ours: 'bytes' },
  { name: 'JetStream, its client', way: { t: 'client', form: 'message' }, ours: 'client' },
  { name: 'JetStream, bytes', way: { t: 'bytes', form: 'message' }, ours: 'bytes' },
]

const TOGETHER: readonly Row[] = [
  ...OURS,
  { name: 'Redis, MULTI, ioredis', way: { t: 'client', form: 'commands' }, ours: 'client' },
  { name: 'Redis, MULTI, bytes', way: { t: 'bytes', form: 'commands' }, ours: 'bytes' },
  { name: 'Redis, ten fields, ioredis', way: { t: 'client', form: 'fields' }, ours: 'client' },
  { name: 'Redis, ten fields, bytes', way: { t: 'bytes', form: 'fields' }, ours: 'bytes' },
  { name: 'Redis, ten fields, redis-benchmark', way: { t: 'redis-benchmark' }, ours: 'bytes' },
  { name: 'JetStream, one message, its client', way: { t: 'client', form: 'message' }, ours: 'client' },
  { name: 'JetStream, one message, bytes', way: { t: 'bytes', form: 'message' }, ours: 'bytes' },
]

async function run(context: BenchContext): Promise<readonly Table[]> {
  using folder = tempDir()
  const canSync = await canJetStreamSync(folder.path)
  const without = canSync ? '' : ' The JetStream that is installed cannot sync before it acknowledges.'
  const notes =
    'Durable: synced to disk before it is acknowledged (`--fsync commit`, `appendfsync always`). Not durable: written to a ' +
    `file, nothing synced (\`--fsync never\`, \`appendfsync no\`, JetStream as it is by default).${without} ` +
    'Ratios are to what is in the row, above 1 where we are faster: client to client, bytes to bytes.'
  return [
    {
      title: 'Entries of 200 bytes, one by one, entries/s',
      ...(await measure(ONE_BY_ONE, 1, canSync, context)),
      note: notes,
    },
    {
      title: 'Operations of ten entries of 200 bytes that become visible together, entries/s',
      ...(await measure(TOGETHER, 10, canSync, context)),
      note: notes,
    },
  ]
}

async function measure(
  rows: readonly Row[],
  entries: number,
  canSync: boolean,
  context: BenchContext,
): Promise<Pick<Table, 'columns' | 'rows'>> {
  const measures: Record<string, Measure> = {}
  for (const { name, way } of rows) {
    for (const isDurable of [true, false]) {
      const cannot = isDurable && !canSync && 'form' in way && way.form === 'message'
      if (!cannot)
        measures[key(name, isDurable)] = () => measureWrites(way, { entries, isDurable, quick: context.quick })
    }
  }
  const log = (text: string): void => context.log(`operations of ${entries}: ${text}`)
  const samples = await alternate(measures, { ...context, warmUps: 0, log })
  const ratio = (ours: string, theirs: string): string => {
    const [a, b] = [samples[ours], samples[theirs]]
    return a === undefined || b === undefined ? '' : spread(ratios(a, b), fixed(2))
  }
  return {
    columns: ['', 'durable', 'not durable', 'ours to it, both durable', 'both not', 'ours durable, it not'],
    rows: rows.map(({ name, ours }) => {
      const rates = [true, false].map((isDurable) => samples[key(name, isDurable)])
      const texts = rates.map((rate) => (rate === undefined ? 'cannot' : spread(summarize(rate), count)))
      const { name: our } = OURS.find(({ way }) => way.t === ours) ?? {}
      if (our === undefined) return [name, ...texts]
      return [
        name,
        ...texts,
        ratio(key(our, true), key(name, true)),
        ratio(key(our, false), key(name, false)),
        ratio(key(our, true), key(name, false)),
      ]
    }),
  }
}

function key(name: string, isDurable: boolean): string {
  return `${name}, ${isDurable ? 'durable' : 'not durable'}`
}

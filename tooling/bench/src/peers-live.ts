import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { BenchContext, Benchmark, Table } from './harness/benchmark.ts'
import { count, duration, fixed } from './harness/format.ts'
import { BenchProcess } from './harness/process.ts'
import { keepApart } from './harness/processors.ts'
import { alternate, type Measure } from './harness/rounds.ts'
import { OPERATION_ENTRIES } from './harness/stream-file.ts'
import { ratios, spread, summarize } from './harness/summary.ts'
import { type Form, SYSTEM_OF } from './peers/form.ts'
import { Histogram } from './peers/live/histogram.ts'
import type { ReadersQuestion } from './peers/live/readers.ts'
import { canJetStreamSync } from './peers/servers/jetstream.ts'
import type { PeerServer } from './peers/servers/peer-server.ts'
import { START } from './peers/servers/start.ts'
import type { PublishQuestion } from './peers/write/publish.ts'

const READERS = 90
const PERIOD_MS = 10
const OPERATIONS = 150

interface Row {
  readonly name: string
  readonly form: Form
  readonly isDurable: boolean
}

const NAMES: Readonly<Record<Form, string>> = {
  operation: 'our server',
  commands: 'Redis, MULTI',
  fields: 'Redis, ten fields',
  message: 'JetStream, one message',
}

export const peersLive: Benchmark = {
  name: 'peers-live',
  title: 'Live readers, beside Redis Streams and NATS JetStream',
  document: 'benchmarks-peers.md',
  run,
}

async function run(context: BenchContext): Promise<readonly Table[]> {
  const { folder, quick } = context
  const operations = quick ? OPERATIONS / 10 : OPERATIONS
  const canSync = await canJetStreamSync(folder)
  await using stack = new AsyncDisposableStack()
  const readers = stack.use(await BenchProcess.start('../peers/live/readers.ts'))
  const publisher = stack.use(await BenchProcess.start('../peers/write/publish.ts'))
  const rows: Row[] = []
  const [p50s, p99s]: [Record<string, Measure>, Record<string, number[]>] = [{}, {}]
  let isApart = true
  for (const form of Object.keys(NAMES) as Form[]) {
    for (const isDurable of form === 'message' && !canSync ? [false] : [true, false]) {
      const row = { name: NAMES[form], form, isDurable }
      rows.push(row)
      const own = join(folder, keyOf(row).replaceAll(/\W+/g, '-'))
      mkdirSync(own)
      const server = stack.use(await START[SYSTEM_OF[form]](own, isDurable))
      isApart &&= stack.use(keepApart(server, [readers, publisher])).isApart
      const high: number[] = []
      p99s[keyOf(row)] = high
      p50s[keyOf(row)] = async () => {
        const latencies = await receive(form, server, { readers, publisher, operations })
        high.push(latencies.quantile(0.99))
        return latencies.quantile(0.5)
      }
    }
  }
  const samples = await alternate(p50s, context)
  const figures = (row: Row): readonly (readonly number[])[] => [
    samples[keyOf(row)] ?? [],
    // The first was to warm up.
    p99s[keyOf(row)]?.slice(-context.rounds) ?? [],
  ]
  const ratio = (row: Row, oursDurable: boolean): string[] => {
    const ours = figures({ name: NAMES.operation, form: 'operation', isDurable: oursDurable })
    return figures(row).map((theirs, i) => spread(ratios(ours[i] ?? [], theirs), fixed(2)))
  }
  return [
    {
      title: `One operation of ${OPERATION_ENTRIES} entries of 200 bytes every ${PERIOD_MS} ms, ${READERS} readers`,
      columns: ['', 'p50', 'p99', 'ours durable to it, p50', 'p99', 'ours not durable to it, p50', 'p99'],
      rows: rows.map((row) => [
        keyOf(row),
        ...figures(row).map((samples) => spread(summarize(samples), duration)),
        ...(row.form === 'operation' ? [] : [...ratio(row, true), ...(row.isDurable ? [] : ratio(row, false))]),
      ]),
      note:
        `${count(operations)} operations in each round. From just before the bytes of an operation go to the server until its ` +
        'last byte is in the process of the reader, over all readers, which are alike: each a connection that goes from ' +
        'entry to entry by their lengths. Ratios below 1: we are faster. ' +
        (isApart ? 'The server has one half of the processors, readers and writer the other.' : ''),
    },
  ]
}

function keyOf({ name, isDurable }: Row): string {
  return `${name}, ${isDurable ? 'durable' : 'not durable'}`
}

interface Load {
  readonly readers: BenchProcess
  readonly publisher: BenchProcess
  readonly operations: number
}

async function receive(form: Form, server: PeerServer, { readers, publisher, operations }: Load): Promise<Histogram> {
  const last = await server.last()
  const from = form === 'operation' ? Number(last) + 1 : last
  const join: ReadersQuestion = { t: 'join', port: server.readPort, readers: READERS, from, form }
  await readers.ask(join)
  const entries = operations * OPERATION_ENTRIES
  const received = readers.ask<number[]>({ t: 'receive', entries } satisfies ReadersQuestion)
  const publish = { form, port: server.port, operations, entries: OPERATION_ENTRIES, periodMs: PERIOD_MS }
  await publisher.ask(publish satisfies PublishQuestion)
  return new Histogram(await received)
}

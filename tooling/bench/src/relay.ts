import { join } from 'node:path'
import type { BenchContext, Benchmark, Table } from './harness/benchmark.ts'
import { fileText, makeCatchUpFile } from './harness/catch-up-file.ts'
import { count, duration, fixed } from './harness/format.ts'
import { BenchProcess } from './harness/process.ts'
import { RelayProcess } from './harness/relay-process.ts'
import { alternate } from './harness/rounds.ts'
import { quantile, ratios, spread, summarize } from './harness/summary.ts'
import type { ReceiveAnswer, ReceiveQuestion } from './processes/receive.ts'
import type { SourceQuestion } from './processes/source.ts'

const OPERATIONS = 2000
/** Time between two operations, in ms. */
const PERIOD_MS = 5

export const relay: Benchmark = {
  name: 'relay',
  title: 'Through a relay',
  run,
}

async function run(context: BenchContext): Promise<readonly Table[]> {
  return [await catchUp(context), await latency(context)]
}

/** The same client on the server, on a relay that has it all, and on one that begins with nothing. */
async function catchUp(context: BenchContext): Promise<Table> {
  const made = await makeCatchUpFile(context)
  await using server = await BenchProcess.start('source.ts')
  await using reader = await BenchProcess.start('receive.ts')
  const port = await server.ask<number>({ t: 'open', file: made.file, fsync: 'commit' } satisfies SourceQuestion)
  await using full = await RelayProcess.start(port, join(context.folder, 'full.bin'))
  const rate = async (from: number): Promise<number> => {
    const question: ReceiveQuestion = { ports: [from], entries: made.entries, stamped: false }
    const { seconds } = await reader.ask<ReceiveAnswer>(question)
    return made.entries / seconds
  }
  await rate(full.port)
  let files = 0
  const samples = await alternate(
    {
      server: () => rate(port),
      full: () => rate(full.port),
      empty: async () => {
        await using empty = await RelayProcess.start(port, join(context.folder, `empty-${files++}.bin`))
        return await rate(empty.port)
      },
    },
    { ...context, warmUps: 1 },
  )
  const row = (from: string, rates: readonly number[]): string[] => {
    return [from, spread(summarize(rates), count), spread(ratios(rates, samples.server), fixed(2))]
  }
  return {
    title: `Catching up: ${fileText(made)}, to our client`,
    columns: ['from', 'entries/s', 'ratio to the server'],
    rows: [
      row('the server', samples.server),
      row('a relay that has them', samples.full),
      row('a relay that begins with nothing', samples.empty),
    ],
    note: 'The relay that begins with nothing fetches, writes durably, indexes and serves all of it at the same time.',
  }
}

/** Operations with the time of their commit in them, received from the server and through a relay. */
async function latency(context: BenchContext): Promise<Table> {
  const operations = context.quick ? OPERATIONS / 20 : OPERATIONS
  await using source = await BenchProcess.start('source.ts')
  await using reader = await BenchProcess.start('receive.ts')
  const file = join(context.folder, 'stamped.bin')
  const port = await source.ask<number>({ t: 'open', file, fsync: 'commit' } satisfies SourceQuestion)
  await using between = await RelayProcess.start(port, join(context.folder, 'between.bin'))
  const question: ReceiveQuestion = { ports: [port, between.port], entries: operations, stamped: true }
  const received = reader.ask<ReceiveAnswer>(question)
  await source.ask({ t: 'commit', operations, entries: 1, periodMs: PERIOD_MS } satisfies SourceQuestion)
  const { latenciesMs } = await received
  const [direct = [], relayed = []] = latenciesMs
  const added = relayed.map((ms, i) => ms - (direct[i] ?? Number.NaN))
  const at = (values: readonly number[], part: number): number =>
    quantile(
      values.toSorted((a, b) => a - b),
      part,
    )
  const row = (name: string, values: readonly number[]): string[] => [
    name,
    ...[0.5, 0.99].map((part) => duration(at(values, part))),
    ...[0.5, 0.99].map((part) => fixed(2)(at(values, part) / at(direct, part))),
  ]
  return {
    title: `Latency: ${count(operations)} operations of one entry, one every ${PERIOD_MS} ms`,
    columns: ['from the call of commit to', 'p50', 'p99', 'p50, ratio to the server', 'p99, ratio to the server'],
    rows: [
      row('our client on the server', direct),
      row('our client on a relay', relayed),
      row('added by the relay', added),
    ],
    note: 'Both commit with `fsync: commit`: the server syncs before it shows an operation, and so does the relay.',
  }
}

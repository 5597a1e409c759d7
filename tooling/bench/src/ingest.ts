import type { Fsync } from '@datastreamer/store'
import type { BenchContext, Benchmark, Table } from './harness/benchmark.ts'
import { count, fixed } from './harness/format.ts'
import { BenchProcess } from './harness/process.ts'
import { alternate } from './harness/rounds.ts'
import { BOOKMARK_BYTES, ENTRY_BYTES, OPERATION_ENTRIES } from './harness/stream-file.ts'
import { ratios, spread, summarize } from './harness/summary.ts'
import type { IngestHostAnswer, IngestHostPorts, IngestHostQuestion } from './ingest/host.ts'
import type { Load } from './ingest/load.ts'
import { besideSource } from './ingest/others.ts'
import type { WriterAnswer, WriterQuestion } from './ingest/writer.ts'

const LOADS: readonly Load[] = [
  { operations: 2000, inFlight: 1 },
  { operations: 50_000, inFlight: 100 },
  { operations: 100_000, inFlight: 1000 },
  { operations: 100_000, inFlight: undefined },
]
const FSYNCS: readonly Fsync[] = ['never', 'commit']
/** Bytes of a message beside what it adds: 9 for an entry, 5 for a bookmark, 13 and 5 to start and commit. */
const MESSAGE_BYTES = OPERATION_ENTRIES * (ENTRY_BYTES - 17 + 9) + (BOOKMARK_BYTES - 17 + 5) + 13 + 5

export const ingest: Benchmark = {
  name: 'ingest',
  title: 'Writing through a source port',
  run,
}

async function run(context: BenchContext): Promise<readonly Table[]> {
  return [await bySource(context), await besideSource(context)]
}

async function bySource(context: BenchContext): Promise<Table> {
  await using host = await BenchProcess.start('../ingest/host.ts')
  await using sink = await BenchProcess.start('../ingest/host.ts')
  await using writer = await BenchProcess.start('../ingest/writer.ts')
  const rows: string[][] = []
  for (const fsync of FSYNCS) {
    for (const load of LOADS) rows.push(await measure({ host, sink, writer }, fsync, load, context))
  }
  return {
    title: `Operations of ${OPERATION_ENTRIES} entries of 200 bytes and a bookmark, by one source`,
    columns: [
      'fsync',
      'in flight',
      'entries/s',
      'into a store in the same process',
      'ratio',
      'ratio to bare bytes',
      'commits written together',
      'CPU time of an entry: server',
      'client',
      'store in the same process',
    ],
    rows,
    note:
      'In flight: operations whose answers are not there yet; the oldest is awaited before the next begins. Unbounded: as ' +
      'many as `writable()` lets through, with a pause for a turn of the event loop after every 1,000. Bare bytes: as many ' +
      'bytes as the messages have, written to a socket 64 KiB at a time, to a process that counts them. CPU time is that ' +
      'of all threads of a process, by entries, bookmarks not counted.',
  }
}

interface Stage {
  readonly host: BenchProcess
  readonly sink: BenchProcess
  readonly writer: BenchProcess
}

async function measure(stage: Stage, fsync: Fsync, full: Load, context: BenchContext): Promise<string[]> {
  const { host, sink, writer } = stage
  const load = context.quick ? { ...full, operations: full.operations / 10 } : full
  const entries = load.operations * OPERATION_ENTRIES
  const bytes = load.operations * MESSAGE_BYTES
  const served: IngestHostAnswer[] = []
  const answers: Record<'source' | 'store', WriterAnswer[]> = { source: [], store: [] }
  const sinkPort = await sink.ask<number>({ t: 'sink', bytes } satisfies IngestHostQuestion)
  const name = `${fsync}, ${inFlightText(load)} in flight`
  const samples = await alternate(
    {
      source: async () => {
        const { sourcePort: port } = await host.ask<IngestHostPorts>({ t: 'open', fsync } satisfies IngestHostQuestion)
        const answer = await writer.ask<WriterAnswer>({ t: 'source', port, ...load } satisfies WriterQuestion)
        served.push(await host.ask<IngestHostAnswer>({ t: 'close' } satisfies IngestHostQuestion))
        answers.source.push(answer)
        return entries / answer.seconds
      },
      store: async () => {
        const answer = await writer.ask<WriterAnswer>({ t: 'store', fsync, ...load } satisfies WriterQuestion)
        answers.store.push(answer)
        return entries / answer.seconds
      },
      bytes: async () => {
        const answer = await writer.ask<WriterAnswer>({ t: 'bytes', port: sinkPort, bytes } satisfies WriterQuestion)
        return entries / answer.seconds
      },
    },
    { ...context, log: (text) => context.log(`${name}: ${text}`) },
  )
  const entryMs = (all: readonly { readonly cpuMs: number }[]): string =>
    `${fixed(2)(summarize(all.map(({ cpuMs }) => (cpuMs * 1000) / entries)).median)} µs`
  return [
    `\`${fsync}\``,
    inFlightText(load),
    spread(summarize(samples.source), count),
    spread(summarize(samples.store), count),
    spread(ratios(samples.source, samples.store), fixed(2)),
    spread(ratios(samples.source, samples.bytes), fixed(2)),
    count(summarize(served.map(({ commits, groups }) => commits / groups)).median),
    entryMs(served),
    entryMs(answers.source),
    entryMs(answers.store),
  ]
}

function inFlightText({ inFlight }: Load): string {
  return inFlight === undefined ? 'unbounded' : count(inFlight)
}

import { encodeResult, ResultCode } from '@datastreamer/format'
import type { AskQuestion } from '../flood/asker.ts'
import type { BenchContext, Table } from '../harness/benchmark.ts'
import { bytesOfEntries, makeCatchUpFile } from '../harness/catch-up-file.ts'
import { type Counted, Counter, SAY_START } from '../harness/counter.ts'
import { count, duration } from '../harness/format.ts'
import { LiveReaders, type LiveReport } from '../harness/live-readers.ts'
import { compile } from '../harness/native.ts'
import { BenchProcess } from '../harness/process.ts'
import { keepApart } from '../harness/processors.ts'
import { alternate } from '../harness/rounds.ts'
import { OPERATION_ENTRIES } from '../harness/stream-file.ts'
import { quantile, spread, summarize } from '../harness/summary.ts'
import type { IngestHostPorts, IngestHostQuestion } from './host.ts'
import type { WriterAnswer, WriterQuestion } from './writer.ts'

interface Scene {
  /** Entries a second that the source writes, bookmarks not counted. */
  readonly rate: number
  /** Whether another reader reads all that is there. */
  readonly catchesUp: boolean
}

const SCENES: readonly Scene[] = [1000, 300_000].flatMap((rate) => [
  { rate, catchesUp: false },
  { rate, catchesUp: true },
])
const LIVE_READERS = 2
const MEASURE_MS = 3000

/** What others saw beside a source. */
interface Seen {
  readonly live: LiveReport
  readonly headers: readonly number[]
  /** Bytes a second that the reader got which reads all. */
  readonly caughtUp: number
  /** Entries a second that the source had answered. */
  readonly written: number
}

/** What others of a server have of it beside a source, by how much that writes. */
export async function besideSource(context: BenchContext): Promise<Table> {
  const { file, entries } = await makeCatchUpFile(context)
  const program = await compile('live', context.folder)
  const counter = await Counter.compile(context.folder)
  await using host = await BenchProcess.start('../ingest/host.ts')
  using apart = keepApart(host)
  await using writer = await BenchProcess.start('../ingest/writer.ts')
  await using asker = await BenchProcess.start('../flood/asker.ts')
  const open: IngestHostQuestion = { t: 'open', fsync: 'never', file }
  const { port, sourcePort } = await host.ask<IngestHostPorts>(open)
  const forMs = context.quick ? MEASURE_MS / 10 : MEASURE_MS
  const operationEntries = OPERATION_ENTRIES + 1
  const old: Counted = { port, say: SAY_START, bytes: encodeResult(ResultCode.OK).length + bytesOfEntries(entries) }

  const catchUp = async (): Promise<number> => {
    const end = performance.now() + forMs
    let [passes, seconds] = [0, 0]
    for (; performance.now() < end; passes++) seconds += await counter.seconds(old)
    return (passes * old.bytes) / seconds
  }
  const look = async ({ rate, catchesUp }: Scene): Promise<Seen> => {
    const operations = Math.floor(((rate / OPERATION_ENTRIES) * forMs) / 1000)
    await using readers = await LiveReaders.join({
      program,
      port,
      readers: LIVE_READERS,
      operationEntries,
      warmUpMs: 0,
    })
    const paced: WriterQuestion = {
      t: 'paced',
      port: sourcePort,
      operations,
      operationsPerSecond: rate / OPERATION_ENTRIES,
    }
    const [live, headers, caughtUp, { seconds }] = await Promise.all([
      readers.receive(readers.from + operations * operationEntries),
      asker.ask<number[]>({ port, forMs, afresh: false } satisfies AskQuestion),
      catchesUp ? catchUp() : 0,
      writer.ask<WriterAnswer>(paced),
    ])
    return { live, headers, caughtUp, written: (operations * OPERATION_ENTRIES) / seconds }
  }

  const seen: Seen[][] = SCENES.map(() => [])
  const measures = SCENES.map((scene, i) => async (): Promise<number> => {
    const one = await look(scene)
    seen[i]?.push(one)
    return one.written
  })
  const warmUps = 1
  await alternate(Object.fromEntries(measures.entries()), { ...context, warmUps })
  return {
    title: `Others beside one source, operations of ${OPERATION_ENTRIES} entries of 200 bytes and a bookmark`,
    columns: [
      'entries/s',
      'one catches up',
      'answered, entries/s',
      'live, p50',
      'live, p99',
      'Header, p99',
      'catching up, MB/s',
    ],
    rows: SCENES.map(({ rate, catchesUp }, i) => {
      const all = (seen[i] ?? []).slice(warmUps)
      const of = (value: (one: Seen) => number, text: (value: number) => string): string =>
        spread(summarize(all.map(value)), text)
      return [
        count(rate),
        catchesUp ? 'yes' : 'no',
        of(({ written }) => written, count),
        of(({ live }) => live.p50 / 1000, duration),
        of(({ live }) => live.p99 / 1000, duration),
        of(({ headers }) => p99(headers), duration),
        catchesUp ? of(({ caughtUp }) => caughtUp / 1e6, count) : '',
      ]
    }),
    note:
      `All at the same time: ${LIVE_READERS} live readers, from the source's commit to the last byte of the operation; a ` +
      'client that asks for the header every 5 ms; and where one catches up, a reader that reads all that was there before, ' +
      'again and again. ' +
      `\`fsync: never\`.${apart.isApart ? ' The server has one half of the processors, all others the other.' : ''}`,
  }
}

function p99(latencies: readonly number[]): number {
  return quantile(
    latencies.toSorted((a, b) => a - b),
    0.99,
  )
}

import { join } from 'node:path'
import { encodeResult, ResultCode } from '@datastreamer/format'
import type { BenchContext, Benchmark, Table } from './harness/benchmark.ts'
import { bytesOfEntries, type CatchUpFile, makeCatchUpFile } from './harness/catch-up-file.ts'
import { Counter, SAY_START } from './harness/counter.ts'
import { count, duration, fixed } from './harness/format.ts'
import { LiveReaders } from './harness/live-readers.ts'
import { compile } from './harness/native.ts'
import { askOnce, BenchProcess } from './harness/process.ts'
import { keepApart } from './harness/processors.ts'
import { alternate } from './harness/rounds.ts'
import { fillStream, OPERATION_ENTRIES } from './harness/stream-file.ts'
import { ratios, spread, summarize } from './harness/summary.ts'
import type { FollowAnswer, FollowQuestion } from './processes/follow.ts'
import type { ServeQuestion } from './processes/serve.ts'
import type { SourceQuestion } from './processes/source.ts'
import type { WriteAnswer, WriteQuestion } from './processes/write.ts'

/** Passes over the file that are measured as one: each takes a fraction of a second. */
const PASSES = 5
const WRITTEN_OPERATIONS = 60_000
const LIVE_OPERATIONS = 300
const LIVE_PERIOD_MS = 10
const LIVE_READERS = [1, 90] as const

/** What is measured of a checkout; higher is better, but for times. */
interface Measured {
  readonly what: string
  readonly unit: (value: number) => string
  /** @param checkout folder to measure; `undefined` is this one */
  readonly measure: (checkout: string | undefined) => Promise<Measuring>
}

interface Measuring extends AsyncDisposable {
  once(): Promise<number>
}

export const against: Benchmark = {
  name: 'against',
  title: 'This checkout and another one',
  needsAgainst: true,
  run,
}

async function run(context: BenchContext): Promise<readonly Table[]> {
  const rows: string[][] = []
  for (const { what, unit, measure } of await measurements(context)) {
    await using ours = await measure(undefined)
    await using other = await measure(context.against)
    const samples = await alternate({ ours: () => ours.once(), other: () => other.once() }, context)
    rows.push([
      what,
      spread(summarize(samples.other), unit),
      spread(summarize(samples.ours), unit),
      spread(ratios(samples.ours, samples.other), fixed(2)),
    ])
    context.log(what)
  }
  return [
    {
      title: 'The same work by both, in turn',
      columns: ['', 'the other', 'this one', 'ratio'],
      rows,
      note: 'Servers, writers and clients are those of each checkout; readers that count bytes or take times are the same.',
    },
  ]
}

async function measurements(context: BenchContext): Promise<readonly Measured[]> {
  const made = await makeCatchUpFile(context)
  const write = (fsync: 'never' | 'commit'): Measured => ({
    what: `written, operations of ${OPERATION_ENTRIES} entries and a bookmark, \`fsync: ${fsync}\`, entries/s`,
    unit: count,
    measure: async (checkout) => writing(checkout, { fsync, operations: context.quick ? 3000 : WRITTEN_OPERATIONS }),
  })
  return [
    {
      what: 'catching up, to a process that counts bytes, GB/s',
      unit: fixed(2),
      measure: (checkout) => catchingUp(checkout, context.folder, made),
    },
    {
      what: 'the same file through the client, in batches, entries/s',
      unit: count,
      measure: (checkout) => following(checkout, made.file),
    },
    write('never'),
    write('commit'),
    ...LIVE_READERS.map((readers) => ({
      what: `live, ${readers === 1 ? 'one reader' : `${readers} readers`}, p50 from commit to reader`,
      unit: duration,
      measure: (checkout: string | undefined) => live(checkout, readers, context),
    })),
  ]
}

async function catchingUp(
  checkout: string | undefined,
  folder: string,
  { file, entries }: CatchUpFile,
): Promise<Measuring> {
  const server = await BenchProcess.start('serve.ts', [], checkout)
  const counter = await Counter.compile(folder)
  const port = await server.ask<number>({ file } satisfies ServeQuestion)
  const bytes = encodeResult(ResultCode.OK).length + bytesOfEntries(entries)
  return {
    once: async () => (PASSES * bytes) / (await counter.seconds({ port, say: SAY_START, bytes }, PASSES)) / 1e9,
    [Symbol.asyncDispose]: () => endAll([server]),
  }
}

async function following(checkout: string | undefined, file: string): Promise<Measuring> {
  const server = await BenchProcess.start('serve.ts', [], checkout)
  const client = await BenchProcess.start('follow.ts', [], checkout)
  const port = await server.ask<number>({ file } satisfies ServeQuestion)
  return {
    async once() {
      const answer = await client.ask<FollowAnswer>({ port, by: 'batches' } satisfies FollowQuestion)
      return answer.entries / answer.seconds
    },
    [Symbol.asyncDispose]: () => endAll([client, server]),
  }
}

async function writing(
  checkout: string | undefined,
  work: Pick<WriteQuestion, 'fsync' | 'operations'>,
): Promise<Measuring> {
  const question: WriteQuestion = { ...work, entries: OPERATION_ENTRIES, bookmark: true }
  return {
    async once() {
      const { seconds } = await askOnce<WriteAnswer>('write.ts', question, [], checkout)
      return (work.operations * OPERATION_ENTRIES) / seconds
    },
    [Symbol.asyncDispose]: async () => {},
  }
}

async function live(
  checkout: string | undefined,
  readers: number,
  { folder, quick }: BenchContext,
): Promise<Measuring> {
  const operations = quick ? LIVE_OPERATIONS / 10 : LIVE_OPERATIONS
  const file = join(folder, `live-${readers}-${checkout === undefined ? 'this' : 'other'}.bin`)
  await fillStream(file, ({ bytes }) => bytes >= 1024 * 1024)
  const source = await BenchProcess.start('source.ts', [], checkout)
  const program = await compile('live', folder)
  const apart = keepApart(source)
  const port = await source.ask<number>({ t: 'open', file, fsync: 'never' } satisfies SourceQuestion)
  return {
    async once() {
      await using clients = await LiveReaders.join({
        program,
        port,
        readers,
        operationEntries: OPERATION_ENTRIES,
        warmUpMs: 0,
      })
      const commit: SourceQuestion = { t: 'commit', operations, entries: OPERATION_ENTRIES, periodMs: LIVE_PERIOD_MS }
      const [report] = await Promise.all([
        clients.receive(clients.from + operations * OPERATION_ENTRIES),
        source.ask(commit),
      ])
      return report.p50 / 1000
    },
    [Symbol.asyncDispose]: () => {
      apart[Symbol.dispose]()
      return endAll([source])
    },
  }
}

async function endAll(children: readonly BenchProcess[]): Promise<void> {
  for (const child of children) await child[Symbol.asyncDispose]()
}

import type { Fsync } from '@datastreamer/store'
import type { BenchContext, Benchmark, Table } from './harness/benchmark.ts'
import { count, duration, fixed, mebibytes } from './harness/format.ts'
import { askOnce } from './harness/process.ts'
import { alternate } from './harness/rounds.ts'
import { ratios, spread, summarize } from './harness/summary.ts'
import { FSYNC_MODES, operationBytes, SHAPES, type Shape, shapeText } from './harness/work.ts'
import type { AppendQuestion } from './processes/append.ts'
import type { WriteAnswer, WriteQuestion } from './processes/write.ts'

const ENTRIES = 1_000_000
const CHUNK_BYTES = 1024 * 1024

export const write: Benchmark = {
  name: 'write',
  title: 'Writing: atomic operations one after the other',
  run,
}

async function run(context: BenchContext): Promise<readonly Table[]> {
  const entries = context.quick ? ENTRIES / 20 : ENTRIES
  const rows: string[][] = []
  for (const shape of SHAPES) rows.push(...(await measure(shape, entries, context)))
  return [
    {
      title: `${count(entries)} entries of 200 bytes, in operations of`,
      columns: [
        'operation',
        'fsync',
        'entries/s',
        'bookmarks counted too',
        'commits/s',
        'ratio to plain appends',
        'commits written together',
        'entries/s, until closed',
        'CPU time',
        'peak memory',
      ],
      rows,
      note:
        'Bookmarks, which are entries of the stream too, are counted in a column of their own. The rate is taken when the last commit is answered; until closed: when all ' +
        'of it is durable and the bookmarks are in the index. Plain appends are of the same bytes, 1 MiB at a time, never ' +
        'synced. CPU time is that of all threads of the writer, until the last commit. Commits are not awaited one by one; the writer pauses for a turn of the event loop after every 1,000.',
    },
  ]
}

async function measure(shape: Shape, entries: number, context: BenchContext): Promise<string[][]> {
  const operations = entries / shape.entries
  const bytes = operations * operationBytes(shape)
  const answers: Readonly<Record<Fsync, WriteAnswer[]>> = { never: [], interval: [], commit: [] }
  const writing = (fsync: Fsync) => async (): Promise<number> => {
    const answer = await askOnce<WriteAnswer>('write.ts', { ...shape, fsync, operations } satisfies WriteQuestion)
    answers[fsync].push(answer)
    return bytes / answer.seconds
  }
  const plain: AppendQuestion = { bytes, chunkBytes: CHUNK_BYTES, sync: false }
  const samples = await alternate(
    {
      never: writing('never'),
      interval: writing('interval'),
      commit: writing('commit'),
      plain: async () => bytes / (await askOnce<number>('append.ts', plain)),
    },
    { ...context, warmUps: 0, log: (text) => context.log(`${shapeText(shape)}: ${text}`) },
  )
  return FSYNC_MODES.map((fsync) => {
    const of = (value: (answer: WriteAnswer) => number) => summarize(answers[fsync].map(value))
    return [
      shapeText(shape),
      `\`${fsync}\``,
      spread(
        of(({ seconds }) => entries / seconds),
        count,
      ),
      count(of(({ seconds }) => (entries + (shape.bookmark ? operations : 0)) / seconds).median),
      count(of(({ seconds }) => operations / seconds).median),
      spread(ratios(samples[fsync], samples.plain), fixed(2)),
      count(of(({ commits, groups }) => commits / groups).median),
      count(of(({ closedSeconds }) => entries / closedSeconds).median),
      duration(of(({ cpuMs }) => cpuMs).median),
      mebibytes(of(({ peakMemory }) => peakMemory).max),
    ]
  })
}

import type { Fsync } from '@datastreamer/store'
import type { BenchContext, Benchmark, Table } from './harness/benchmark.ts'
import { count, duration, fixed } from './harness/format.ts'
import { askOnce } from './harness/process.ts'
import { alternate } from './harness/rounds.ts'
import { ratios, spread, summarize } from './harness/summary.ts'
import { operationBytes, type Shape, shapeText } from './harness/work.ts'
import type { AppendQuestion } from './processes/append.ts'
import type { WriteAnswer, WriteQuestion } from './processes/write.ts'

const SHAPE: Shape = { entries: 10, bookmark: true }
/** Commits that are awaited together. */
const WINDOWS = [1, 10, 100, 1000]
/** Times that something is awaited. */
const WAITS = 200
/** The same where no disk is waited for. */
const FAST_WAITS = 20_000

export const sync: Benchmark = {
  name: 'sync',
  title: 'Writing: commits that are awaited',
  run,
}

async function run(context: BenchContext): Promise<readonly Table[]> {
  return [await durable(context), await unsynced(context)]
}

/** Commits that wait for the disk, against bare syncs of it. */
async function durable(context: BenchContext): Promise<Table> {
  const waits = context.quick ? WAITS / 10 : WAITS
  const bytes = operationBytes(SHAPE)
  const shared = new Map<number, number[]>(WINDOWS.map((window) => [window, []]))
  const committing = (window: number) => async (): Promise<number> => {
    const operations = window * waits
    const question: WriteQuestion = { ...SHAPE, fsync: 'commit', operations, awaitEvery: window }
    const { seconds, commits, groups } = await askOnce<WriteAnswer>('write.ts', question)
    shared.get(window)?.push(commits / groups)
    return operations / seconds
  }
  const appends: AppendQuestion = { bytes: waits * bytes, chunkBytes: bytes, sync: true }
  const samples = await alternate<string>(
    {
      bare: async () => waits / (await askOnce<number>('append.ts', appends)),
      ...Object.fromEntries(WINDOWS.map((window) => [`commits of ${window}`, committing(window)])),
    },
    { ...context, warmUps: 0 },
  )
  const { bare = [] } = samples
  return {
    title: `Durable commits (\`fsync: commit\`) of ${shapeText(SHAPE)}, so many awaited together`,
    columns: ['what', 'a second', 'ratio to bare syncs', 'commits that shared a sync'],
    rows: [
      ['bare appends of the same bytes, `fdatasync` after each', spread(summarize(bare), count), '', ''],
      ...WINDOWS.map((window) => {
        const rates = samples[`commits of ${window}`] ?? []
        return [
          `commits, ${window} awaited together`,
          spread(summarize(rates), count),
          spread(ratios(rates, bare), fixed(2)),
          fixed(1)(summarize(shared.get(window) ?? []).median),
        ]
      }),
    ],
  }
}

/** Commits one by one where no disk is waited for: what a commit costs on its way. */
async function unsynced(context: BenchContext): Promise<Table> {
  const operations = context.quick ? FAST_WAITS / 10 : FAST_WAITS
  const committing = (fsync: Fsync) => async (): Promise<number> => {
    const question: WriteQuestion = { ...SHAPE, fsync, operations, awaitEvery: 1 }
    return operations / (await askOnce<WriteAnswer>('write.ts', question)).seconds
  }
  const samples = await alternate(
    { never: committing('never'), interval: committing('interval') },
    { ...context, warmUps: 0 },
  )
  return {
    title: `Commits of ${shapeText(SHAPE)} without waiting for the disk, each awaited before the next begins`,
    columns: ['fsync', 'commits/s', 'a commit'],
    rows: (['never', 'interval'] as const).map((fsync) => {
      const rates = samples[fsync]
      return [`\`${fsync}\``, spread(summarize(rates), count), duration(1000 / summarize(rates).median)]
    }),
  }
}

import { join } from 'node:path'
import { Histogram } from './fan-out/histogram.ts'
import type { ReadersQuestion } from './fan-out/readers.ts'
import type { StalledQuestion } from './fan-out/stalled.ts'
import type { BenchContext, Benchmark, Table } from './harness/benchmark.ts'
import { count, duration, fixed } from './harness/format.ts'
import { MEMORY_COLUMNS, MemoryWatch, memoryRow } from './harness/memory.ts'
import { BenchProcess } from './harness/process.ts'
import { keepApart } from './harness/processors.ts'
import { alternate } from './harness/rounds.ts'
import { fillStream, OPERATION_ENTRIES } from './harness/stream-file.ts'
import { ratios, spread, summarize } from './harness/summary.ts'
import type { SourceQuestion } from './processes/source.ts'

const PERIOD_MS = 10
/** Operations of one measurement. */
const OPERATIONS = 500
/** Of one beside a stalled reader, which comes back every three seconds. */
const OPERATIONS_BESIDE_STALLED = 1500
const READERS = [1, 10, 90, 1000] as const
/** Readers that one process stands for at most. */
const READERS_OF_A_PROCESS = 500
/** Enough that a reader who takes nothing of it is stalled at once. */
const OLD_BYTES = 32 * 1024 * 1024

export const fanOut: Benchmark = {
  name: 'fan-out',
  title: 'Live fan-out',
  run,
}

async function run(context: BenchContext): Promise<readonly Table[]> {
  const stage = await Stage.open(context)
  await using _ = stage
  return [await byReaders(context, stage), await besideStalled(context, stage), ...(await forMinute(context, stage))]
}

interface StageParts {
  readonly source: BenchProcess
  readonly port: number
  readonly readers: readonly BenchProcess[]
  readonly stalled: BenchProcess
  /** Whether readers run on other processors than the server. */
  readonly isApart: boolean
}

/** A server, and processes with readers of it. */
class Stage implements AsyncDisposable {
  readonly #parts: StageParts

  private constructor(parts: StageParts) {
    this.#parts = parts
  }

  static async open({ folder }: BenchContext): Promise<Stage> {
    const file = join(folder, 'data-stream.bin')
    await fillStream(file, ({ bytes }) => bytes >= OLD_BYTES)
    const source = await BenchProcess.start('source.ts')
    const port = await source.ask<number>({ t: 'open', file, fsync: 'never' } satisfies SourceQuestion)
    const readers = await Promise.all([0, 1].map(() => BenchProcess.start('../fan-out/readers.ts')))
    const stalled = await BenchProcess.start('../fan-out/stalled.ts')
    const isApart = await keepApart(source, [...readers, stalled])
    return new Stage({ source, port, readers, stalled, isApart })
  }

  get serverPid(): number {
    return this.#parts.source.pid
  }

  get isApart(): boolean {
    return this.#parts.isApart
  }

  /** Let so many readers receive so many operations, each one checked; when they came after their commit. */
  async receive(readers: number, operations: number): Promise<Histogram> {
    const { source, port, readers: all } = this.#parts
    const from = await source.ask<number>({ t: 'entries' } satisfies SourceQuestion)
    const processes = all.slice(0, Math.ceil(readers / READERS_OF_A_PROCESS))
    const share = Math.ceil(readers / processes.length)
    await askAll(processes, { t: 'join', port, readers: share, from })
    const received = askAll(processes, { t: 'receive', entries: operations * OPERATION_ENTRIES })
    await source.ask({
      t: 'commit',
      operations,
      entries: OPERATION_ENTRIES,
      periodMs: PERIOD_MS,
    } satisfies SourceQuestion)
    return Histogram.sum((await received).map((counts) => new Histogram(counts)))
  }

  /** Do something beside a reader that asks for everything and takes nothing. */
  async besideStalled<Result>(work: () => Promise<Result>): Promise<Result> {
    const { stalled, port } = this.#parts
    await stalled.ask({ t: 'join', port } satisfies StalledQuestion)
    try {
      return await work()
    } finally {
      await stalled.ask({ t: 'leave' } satisfies StalledQuestion)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { readers, stalled, source } = this.#parts
    for (const child of [...readers, stalled, source]) await child[Symbol.asyncDispose]()
  }
}

async function askAll(processes: readonly BenchProcess[], question: ReadersQuestion): Promise<readonly number[][]> {
  return Promise.all(processes.map((child) => child.ask<number[]>(question)))
}

async function byReaders(context: BenchContext, stage: Stage): Promise<Table> {
  const operations = context.quick ? OPERATIONS / 10 : OPERATIONS
  const p99s: Record<string, number[]> = {}
  const measures = Object.fromEntries(
    READERS.map((readers) => {
      const high: number[] = []
      p99s[readers] = high
      const measure = async (): Promise<number> => {
        const latencies = await stage.receive(readers, operations)
        high.push(latencies.quantile(0.99))
        return latencies.quantile(0.5)
      }
      return [readers, measure] as const
    }),
  )
  const p50s = await alternate(measures, { ...context, warmUps: 1 })
  return {
    title: `One operation of ${OPERATION_ENTRIES} entries of 200 bytes every ${PERIOD_MS} ms, ${count(operations)} of them`,
    columns: ['readers', 'p50', 'p99'],
    rows: READERS.map((readers) => {
      // The first was to warm up.
      const high = p99s[readers]?.slice(-context.rounds) ?? []
      return [count(readers), spread(summarize(p50s[readers] ?? []), duration), spread(summarize(high), duration)]
    }),
    note:
      'From the call of commit to the last byte of the operation in the process of the reader, over all readers; ' +
      `\`fsync: never\`. Up to ${READERS_OF_A_PROCESS} readers share a process, and wait for each other in it. ` +
      (stage.isApart ? 'The server has one half of the processors, the readers the other.' : ''),
  }
}

/** A reader that takes nothing beside a hundred that do. */
async function besideStalled(context: BenchContext, stage: Stage): Promise<Table> {
  const readers = 100
  const operations = context.quick ? OPERATIONS / 10 : OPERATIONS_BESIDE_STALLED
  const p99 = async (): Promise<number> => (await stage.receive(readers, operations)).quantile(0.99)
  const samples = await alternate(
    {
      alone: p99,
      beside: () => stage.besideStalled(p99),
    },
    context,
  )
  return {
    title: `${readers} readers, with and without one that asks for everything and reads nothing`,
    columns: ['', 'p99', 'ratio'],
    rows: [
      ['without', spread(summarize(samples.alone), duration)],
      ['with', spread(summarize(samples.beside), duration), spread(ratios(samples.beside, samples.alone), fixed(2))],
    ],
  }
}

async function forMinute(context: BenchContext, stage: Stage): Promise<readonly Table[]> {
  const readers = 1000
  const operations = ((context.quick ? 3 : 60) * 1000) / PERIOD_MS
  await context.gate.wait()
  using memory = new MemoryWatch([stage.serverPid])
  const latencies = await stage.receive(readers, operations)
  const [use] = memory.uses
  const parts = [0.5, 0.99, 0.999] as const
  return [
    {
      title: `${count(readers)} readers for ${operations / 100} seconds, ${1000 / PERIOD_MS} operations a second`,
      columns: ['entries received, all in order', 'p50', 'p99', 'p99.9'],
      rows: [
        [
          (readers * operations * OPERATION_ENTRIES).toLocaleString('en'),
          ...parts.map((part) => duration(latencies.quantile(part))),
        ],
      ],
    },
    {
      title: 'Resident memory of the server over that time',
      columns: MEMORY_COLUMNS,
      rows: [memoryRow('server', use)],
    },
  ]
}

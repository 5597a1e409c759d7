import { type Pace, type Stage, withStages } from './fan-out/stage.ts'
import type { BenchContext, Benchmark, Table } from './harness/benchmark.ts'
import { BusyProcessors } from './harness/busy-processors.ts'
import { count, duration, fixed } from './harness/format.ts'
import type { LiveReport } from './harness/live-readers.ts'
import { MEMORY_COLUMNS, MemoryWatch, memoryRow } from './harness/memory.ts'
import { alternate } from './harness/rounds.ts'
import { OPERATION_ENTRIES } from './harness/stream-file.ts'
import { ratios, spread, summarize } from './harness/summary.ts'

/** Of one measurement. */
const PACE: Pace = { operations: 300, periodMs: 10, warmUpMs: 500 }
const READERS = [1, 10, 90, 1000] as const
const READERS_BESIDE_LOAD = [1, 90, 1000] as const
/** A stalled reader comes back every three seconds. */
const PACE_BESIDE_STALLED: Pace = { ...PACE, operations: 1500 }
/** Half a minute each. */
const MOST_ROUNDS_BESIDE_STALLED = 5
const MANY = 10_000
const PACE_OF_MANY: Pace = { operations: 1200, periodMs: 50, warmUpMs: 2000 }

export const fanOut: Benchmark = {
  name: 'fan-out',
  title: 'Live fan-out',
  run: (context) => withStages(context, (single, threaded) => run(context, single, threaded)),
}

async function run(context: BenchContext, single: Stage, threaded: Stage): Promise<readonly Table[]> {
  const stages = [single, threaded]
  return [
    await byReaders(context, stages),
    await besideLoad(context, stages),
    await besideStalled(context, single),
    ...(await many(context, stages)),
  ]
}

function paceOf(pace: Pace, { quick }: BenchContext): Pace {
  return quick ? { ...pace, operations: pace.operations / 10 } : pace
}

function ms(microseconds: number): string {
  return duration(microseconds / 1000)
}

async function byReaders(context: BenchContext, stages: readonly Stage[]): Promise<Table> {
  const pace = paceOf(PACE, context)
  const scenes = READERS.flatMap((readers) => stages.map((stage) => ({ readers, stage, seen: [] as LiveReport[] })))
  const measures = scenes.map(({ readers, stage, seen }) => async (): Promise<number> => {
    const report = await stage.receive(readers, pace)
    seen.push(report)
    return report.p50
  })
  await alternate(Object.fromEntries(measures.entries()), { ...context, warmUps: 1 })
  return {
    title: `One operation of ${OPERATION_ENTRIES} entries of 200 bytes every ${pace.periodMs} ms, ${count(pace.operations)} of them`,
    columns: ['readers', '`readerThreads`', 'p50', 'p99'],
    rows: scenes.map(({ readers, stage, seen }) => {
      // The first was to warm up.
      const counted = seen.slice(-context.rounds)
      const over = (values: readonly number[]): string => spread(summarize(values), ms)
      return [
        count(readers),
        count(stage.readerThreads),
        over(counted.map(({ p50 }) => p50)),
        over(counted.map(({ p99 }) => p99)),
      ]
    }),
    note:
      'From the call of commit to the read that brings the last byte of the operation to the reader, over all readers, ' +
      `which are one thread of a program in C; \`fsync: never\`. Each measurement begins with ${pace.warmUpMs} ms that do not ` +
      'count. Nothing is bound to a processor.',
  }
}

async function besideLoad(context: BenchContext, stages: readonly Stage[]): Promise<Table> {
  const pace = paceOf(PACE, context)
  const rows: string[][] = []
  using load = new BusyProcessors()
  for (const readers of READERS_BESIDE_LOAD) {
    for (const stage of stages) {
      const { p50, p99 } = await stage.receive(readers, pace)
      rows.push([count(readers), count(stage.readerThreads), ms(p50), ms(p99)])
    }
  }
  return {
    title: `The same beside ${load.count} processes that compute all the time`,
    columns: ['readers', '`readerThreads`', 'p50', 'p99'],
    rows,
    note: 'One round. There are as many of them as processors, at the same priority as the server and its readers.',
  }
}

/** A reader that takes nothing beside a hundred that do. */
async function besideStalled(context: BenchContext, stage: Stage): Promise<Table> {
  const readers = 100
  const rounds = Math.min(context.rounds, MOST_ROUNDS_BESIDE_STALLED)
  const p99 = async (): Promise<number> => (await stage.receive(readers, paceOf(PACE_BESIDE_STALLED, context))).p99
  const samples = await alternate(
    {
      alone: p99,
      beside: () => stage.besideStalled(p99),
    },
    { ...context, rounds },
  )
  return {
    title: `${readers} readers, with and without one that asks for everything and reads nothing`,
    columns: ['', 'p99', 'ratio'],
    rows: [
      ['without', spread(summarize(samples.alone), ms)],
      ['with', spread(summarize(samples.beside), ms), spread(ratios(samples.beside, samples.alone), fixed(2))],
    ],
    note: `\`readerThreads: ${stage.readerThreads}\`; ${rounds} rounds.`,
  }
}

async function many(context: BenchContext, stages: readonly Stage[]): Promise<readonly Table[]> {
  const pace = paceOf(PACE_OF_MANY, context)
  const received: string[][] = []
  const used: string[][] = []
  for (const stage of stages) {
    await context.gate.wait()
    using memory = new MemoryWatch([stage.serverPid])
    const { entries, committedPerSecond, p50, p99, p999, pause } = await stage.receive(MANY, pace)
    const name = count(stage.readerThreads)
    received.push([
      name,
      fixed(1)(committedPerSecond),
      entries.toLocaleString('en'),
      ...[p50, p99, p999, pause].map(ms),
    ])
    used.push(memoryRow(name, memory.uses[0]))
  }
  const seconds = (pace.operations * pace.periodMs) / 1000
  return [
    {
      title: `${count(MANY)} readers for ${seconds} seconds, an operation every ${pace.periodMs} ms`,
      columns: [
        '`readerThreads`',
        'operations/s',
        'entries received, all in order',
        'p50',
        'p99',
        'p99.9',
        'longest pause of a reader',
      ],
      rows: received,
      note: `One round. Every reader got every entry, those of the first ${pace.warmUpMs / 1000} seconds too, which do not count for times.`,
    },
    {
      title: 'Resident memory of the server over that time, from before they join',
      columns: ['`readerThreads`', ...MEMORY_COLUMNS.slice(1)],
      rows: used,
    },
  ]
}

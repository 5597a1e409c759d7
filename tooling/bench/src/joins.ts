import { type Pace, type Stage, withStages } from './fan-out/stage.ts'
import type { BenchContext, Benchmark, Table } from './harness/benchmark.ts'
import { count, duration } from './harness/format.ts'
import { alternate } from './harness/rounds.ts'
import { OPERATION_ENTRIES } from './harness/stream-file.ts'
import { spread, summarize } from './harness/summary.ts'

const PACE: Pace = { operations: 500, periodMs: 10, warmUpMs: 500 }
const READERS = [10, 100, 300, 1000] as const

export const joins: Benchmark = {
  name: 'joins',
  title: 'Readers that join while operations are committed',
  run: (context) => withStages(context, (...stages) => run(context, stages)),
}

async function run(context: BenchContext, stages: readonly Stage[]): Promise<readonly Table[]> {
  const readers = context.quick ? READERS.slice(0, 2) : READERS
  const pace = context.quick ? { ...PACE, operations: PACE.operations / 5 } : PACE
  const keyOf = (one: number, stage: Stage): string => `${one} readers, ${stage.readerThreads} threads`
  const measures = Object.fromEntries(
    readers.flatMap((one) => stages.map((stage) => [keyOf(one, stage), () => stage.join(one, pace)] as const)),
  )
  const samples = await alternate(measures, context)
  return [
    {
      title: `Time until readers are live that come all at once, while an operation is committed every ${pace.periodMs} ms`,
      columns: ['readers', ...stages.map(({ readerThreads }) => `\`readerThreads: ${readerThreads}\``)],
      rows: readers.map((one) => [
        count(one),
        ...stages.map((stage) => spread(summarize(samples[keyOf(one, stage)] ?? []), duration)),
      ]),
      note:
        'From the start of a program in C that connects, and asks for all from the newest entry on, to the last OK that it ' +
        `is sent. Operations of ${OPERATION_ENTRIES} entries of 200 bytes, \`fsync: never\`.`,
    },
  ]
}

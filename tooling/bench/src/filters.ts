import { BOOKMARK_TYPE } from '@datastreamer/format'
import type { BenchContext, Benchmark, Table } from './harness/benchmark.ts'
import { fileText, makeCatchUpFile } from './harness/catch-up-file.ts'
import { count, fixed } from './harness/format.ts'
import { BenchProcess } from './harness/process.ts'
import { alternate } from './harness/rounds.ts'
import { OPERATION_ENTRIES } from './harness/stream-file.ts'
import { ratios, spread, summarize } from './harness/summary.ts'
import type { FollowAnswer, FollowQuestion } from './processes/follow.ts'
import type { ServeQuestion } from './processes/serve.ts'

const PASSES = 3
/** The type of entries that are no bookmarks. */
const ENTRY_TYPE = 1
const ABSENT_TYPE = 2

export const filters: Benchmark = {
  name: 'filters',
  title: 'Catching up with entries of some types only',
  run,
}

async function run(context: BenchContext): Promise<readonly Table[]> {
  const made = await makeCatchUpFile(context)
  await using server = await BenchProcess.start('serve.ts')
  await using reader = await BenchProcess.start('follow.ts')
  const port = await server.ask<number>({ file: made.file } satisfies ServeQuestion)
  const bookmarks = made.entries / (OPERATION_ENTRIES + 1)
  const seconds = async (types: readonly number[] | undefined, expected: number): Promise<number> => {
    const question: FollowQuestion = { port, by: 'batches', types }
    const answer = await reader.ask<FollowAnswer>(question)
    if (answer.entries !== expected) throw new Error(`${answer.entries} of ${expected} entries`)
    return answer.seconds
  }
  const samples = await alternate(
    {
      all: () => seconds(undefined, made.entries),
      most: () => seconds([ENTRY_TYPE], made.entries - bookmarks),
      few: () => seconds([BOOKMARK_TYPE], bookmarks),
      none: () => seconds([ABSENT_TYPE], 0),
    },
    { ...context, rounds: PASSES * context.rounds },
  )
  const row = (what: string, times: readonly number[]): string[] => [
    what,
    spread(summarize(times.map((time) => made.entries / time)), count),
    spread(ratios(samples.all, times), fixed(2)),
  ]
  return [
    {
      title: `${fileText(made)}, from our server to our client`,
      columns: ['entries asked for', 'entries passed/s', 'times as fast as all'],
      rows: [
        row('all', samples.all),
        row('ten of eleven', samples.most),
        row('one of eleven', samples.few),
        row('none', samples.none),
      ],
      note: `${samples.all.length} passes over the file by each in turn. The server looks at all entries in each case.`,
    },
  ]
}

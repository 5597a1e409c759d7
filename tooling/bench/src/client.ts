import type { BenchContext, Benchmark, Table } from './harness/benchmark.ts'
import { fileText, makeCatchUpFile } from './harness/catch-up-file.ts'
import { count } from './harness/format.ts'
import { MEMORY_COLUMNS, MemoryWatch, memoryRow } from './harness/memory.ts'
import { BenchProcess } from './harness/process.ts'
import { alternate } from './harness/rounds.ts'
import { spread, summarize } from './harness/summary.ts'
import type { FollowAnswer, FollowQuestion } from './processes/follow.ts'
import type { ServeQuestion } from './processes/serve.ts'

/** One pass takes less than a second, so that there are many of them. */
const PASSES = 3

export const client: Benchmark = {
  name: 'client',
  title: 'Catching up with the client',
  run,
}

async function run(context: BenchContext): Promise<readonly Table[]> {
  const made = await makeCatchUpFile(context)
  await using server = await BenchProcess.start('serve.ts')
  await using batchClient = await BenchProcess.start('follow.ts')
  await using entryClient = await BenchProcess.start('follow.ts')
  const port = await server.ask<number>({ file: made.file } satisfies ServeQuestion)
  const rate = async (reader: BenchProcess, by: FollowQuestion['by']): Promise<number> => {
    const { entries, seconds } = await reader.ask<FollowAnswer>({ port, by } satisfies FollowQuestion)
    if (entries !== made.entries) throw new Error(`${entries} of ${made.entries} entries`)
    return entries / seconds
  }
  using memory = new MemoryWatch([server.pid, batchClient.pid, entryClient.pid])
  const samples = await alternate(
    { batches: () => rate(batchClient, 'batches'), entries: () => rate(entryClient, 'entries') },
    { ...context, rounds: PASSES * context.rounds },
  )
  const [serverUse, batchUse, entryUse] = memory.uses
  return [
    {
      title: `${fileText(made)}, from our server to our client`,
      columns: ['iterator', 'entries/s'],
      rows: [
        ['`batches()`', spread(summarize(samples.batches), count)],
        ['`entries()`', spread(summarize(samples.entries), count)],
      ],
      note: `${samples.batches.length} passes over the file by each in turn.`,
    },
    {
      title: 'Resident memory over the run',
      columns: MEMORY_COLUMNS,
      rows: [
        memoryRow('server', serverUse),
        memoryRow('client, `batches()`', batchUse),
        memoryRow('client, `entries()`', entryUse),
      ],
    },
  ]
}

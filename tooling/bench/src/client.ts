import type { BenchContext, Benchmark, Table } from './harness/benchmark.ts'
import { fileText, makeCatchUpFile, meanSeconds } from './harness/catch-up-file.ts'
import { count } from './harness/format.ts'
import { MemoryWatch, memoryCells } from './harness/memory.ts'
import { BenchProcess } from './harness/process.ts'
import { alternate } from './harness/rounds.ts'
import { spread, summarize } from './harness/summary.ts'
import type { FollowAnswer, FollowQuestion } from './processes/follow.ts'
import type { ServeQuestion } from './processes/serve.ts'

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
    const seconds = await meanSeconds(async () => {
      const answer = await reader.ask<FollowAnswer>({ port, by } satisfies FollowQuestion)
      if (answer.entries !== made.entries) throw new Error(`${answer.entries} of ${made.entries} entries`)
      return answer.seconds
    })
    return made.entries / seconds
  }
  using memory = new MemoryWatch([server.pid, batchClient.pid, entryClient.pid])
  const samples = await alternate(
    { batches: () => rate(batchClient, 'batches'), entries: () => rate(entryClient, 'entries') },
    context,
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
    },
    {
      title: 'Resident memory over the run',
      columns: ['process', 'start', 'peak', 'end'],
      rows: [
        ['server', ...memoryCells(serverUse)],
        ['client, `batches()`', ...memoryCells(batchUse)],
        ['client, `entries()`', ...memoryCells(entryUse)],
      ],
    },
  ]
}

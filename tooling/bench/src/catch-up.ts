import { encodeCommand, encodeResult, HEADER_PAGE_BYTES, ResultCode, SEQUENCER_STREAM_TYPE } from '@datastreamer/format'
import type { BenchContext, Benchmark, Table } from './harness/benchmark.ts'
import { bytesOfEntries, fileText, makeCatchUpFile } from './harness/catch-up-file.ts'
import { count, fixed } from './harness/format.ts'
import { MEMORY_COLUMNS, MemoryWatch, memoryRow } from './harness/memory.ts'
import { BenchProcess } from './harness/process.ts'
import { alternate } from './harness/rounds.ts'
import { ratios, spread, summarize } from './harness/summary.ts'
import type { CopyQuestion } from './processes/copy.ts'
import type { CountQuestion } from './processes/count.ts'
import type { ServeQuestion } from './processes/serve.ts'

/** Passes over the file that are measured as one: each takes a fraction of a second. */
const PASSES = 5

export const catchUp: Benchmark = {
  name: 'catch-up',
  title: 'Catching up: from the file to a reader over TCP',
  run,
}

async function run(context: BenchContext): Promise<readonly Table[]> {
  const made = await makeCatchUpFile(context)
  const { file, entries, bytes } = made
  await using server = await BenchProcess.start('serve.ts')
  await using copier = await BenchProcess.start('copy.ts')
  await using counter = await BenchProcess.start('count.ts')
  const port = await server.ask<number>({ file } satisfies ServeQuestion)
  const copyPort = await copier.ask<number>({ file, from: HEADER_PAGE_BYTES, to: bytes } satisfies CopyQuestion)

  const start = encodeCommand({ name: 'start', fromEntryNumber: 0n }, SEQUENCER_STREAM_TYPE)
  const served = encodeResult(ResultCode.OK).length + bytesOfEntries(entries)
  const rate = async (question: CountQuestion): Promise<number> => {
    let seconds = 0
    for (let pass = 0; pass < PASSES; pass++) seconds += await counter.ask<number>(question)
    return (PASSES * question.bytes) / seconds / 1e9
  }
  using memory = new MemoryWatch([server.pid, counter.pid])
  const samples = await alternate(
    {
      server: () => rate({ port, say: Buffer.from(start).toString('hex'), bytes: served }),
      copier: () => rate({ port: copyPort, say: '00', bytes: bytes - HEADER_PAGE_BYTES }),
    },
    context,
  )
  const entryRates = samples.server.map((gigabytes) => (gigabytes * 1e9 * entries) / served)
  const [serverUse, counterUse] = memory.uses
  return [
    {
      title: `${fileText(made)}, to a process that counts bytes`,
      columns: ['from', 'GB/s', 'entries/s', 'ratio to the copy'],
      rows: [
        [
          'our server',
          spread(summarize(samples.server), fixed(2)),
          spread(summarize(entryRates), count),
          spread(ratios(samples.server, samples.copier), fixed(2)),
        ],
        ['the file, copied into a socket', spread(summarize(samples.copier), fixed(2)), '', ''],
      ],
      note: `In each round ${PASSES} passes over the file by each; the ratio is taken within a round.`,
    },
    {
      title: 'Resident memory over the run',
      columns: MEMORY_COLUMNS,
      rows: [memoryRow('server', serverUse), memoryRow('reader', counterUse)],
    },
  ]
}

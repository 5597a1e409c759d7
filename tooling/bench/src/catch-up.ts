import { mkdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { encodeResult, HEADER_PAGE_BYTES, ResultCode } from '@datastreamer/format'
import type { BenchContext, Benchmark, Table } from './harness/benchmark.ts'
import { bytesOfEntries, fileText, makeCatchUpFile } from './harness/catch-up-file.ts'
import { type Counted, Counter, SAY_START } from './harness/counter.ts'
import { count, fixed } from './harness/format.ts'
import { MEMORY_COLUMNS, MemoryWatch, memoryRow } from './harness/memory.ts'
import { compile, NativeProcess } from './harness/native.ts'
import { BenchProcess } from './harness/process.ts'
import { alternate } from './harness/rounds.ts'
import { ratios, spread, summarize } from './harness/summary.ts'
import type { SourceQuestion } from './processes/source.ts'

/** Readers at once, and passes over the file that are measured as one: a pass of one reader takes a fraction of a second. */
const SHAPES = [
  { readers: 1, passes: 5 },
  { readers: 20, passes: 1 },
] as const

export const catchUp: Benchmark = {
  name: 'catch-up',
  title: 'Catching up: from the file to readers over TCP',
  run,
}

/** Something that sends all entries to each who says the right thing. */
interface Sender extends Counted {
  readonly name: string
}

async function run(context: BenchContext): Promise<readonly Table[]> {
  const counter = await Counter.compile(context.folder)
  const threads = availableParallelism()
  const single = await makeFile('single')
  const threaded = await makeFile('threaded')
  await using singleServer = await BenchProcess.start('source.ts')
  await using threadedServer = await BenchProcess.start('source.ts')
  const range = [single.file, HEADER_PAGE_BYTES, single.bytes] as const
  await using yardstick = new NativeProcess(await compile('sendfile', context.folder), range)
  const servers = {
    single: await sender('our server', singleServer, single.file, 0),
    threaded: await sender(`our server, \`readerThreads: ${threads}\``, threadedServer, threaded.file, threads),
  }
  const { port } = await yardstick.next<{ readonly port: number }>()
  const sendfile: Sender = { name: '`sendfile`', port, say: new Uint8Array(1), bytes: single.bytes - HEADER_PAGE_BYTES }
  const senders = [servers.single, servers.threaded, sendfile]

  using memory = new MemoryWatch([singleServer.pid, threadedServer.pid])
  const measures = SHAPES.flatMap((shape) =>
    senders.map((from) => [keyOf(shape.readers, from), rate(from, shape)] as const),
  )
  const samples = await alternate(Object.fromEntries(measures), context)
  const [singleUse, threadedUse] = memory.uses
  return [
    {
      title: `${fileText(single)}, to a program in C that counts bytes`,
      columns: ['readers at once', 'from', 'GB/s', 'entries/s', 'ratio to `sendfile`'],
      rows: SHAPES.flatMap(({ readers }) =>
        senders.map((from) => {
          const rates = samples[keyOf(readers, from)] ?? []
          const row = [count(readers), from.name, spread(summarize(rates), fixed(2))]
          if (from === sendfile) return row
          const entryRates = rates.map((gigabytes) => (gigabytes * 1e9 * single.entries) / from.bytes)
          const ratio = ratios(rates, samples[keyOf(readers, sendfile)] ?? [])
          return [...row, spread(summarize(entryRates), count), spread(ratio, fixed(2))]
        }),
      ),
      note:
        'Servers have their file open for writing, `fsync: never`. `sendfile`: a program in C that sends the same bytes with ' +
        'that call, a thread for each reader. Readers are threads of one process, and take 256 KiB at a time. From the first ' +
        `request to the last byte of all; in each round ${SHAPES[0].passes} passes over the file by one reader and ` +
        `${SHAPES[1].passes} by ${SHAPES[1].readers}. Ratios are taken within a round.`,
    },
    {
      title: 'Resident memory over the run',
      columns: MEMORY_COLUMNS,
      rows: [memoryRow(servers.single.name, singleUse), memoryRow(servers.threaded.name, threadedUse)],
    },
  ]

  async function makeFile(name: string) {
    const folder = join(context.folder, name)
    await mkdir(folder)
    return await makeCatchUpFile({ ...context, folder })
  }

  async function sender(name: string, server: BenchProcess, file: string, readerThreads: number): Promise<Sender> {
    const port = await server.ask<number>({ t: 'open', file, fsync: 'never', readerThreads } satisfies SourceQuestion)
    return { name, port, say: SAY_START, bytes: encodeResult(ResultCode.OK).length + bytesOfEntries(single.entries) }
  }

  function rate(from: Sender, { readers, passes }: (typeof SHAPES)[number]) {
    return async (): Promise<number> => {
      const seconds = await counter.seconds({ ...from, connections: readers }, passes)
      return (passes * readers * from.bytes) / seconds / 1e9
    }
  }
}

function keyOf(readers: number, { name }: Sender): string {
  return `${readers} from ${name}`
}

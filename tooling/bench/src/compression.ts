import type { BenchContext, Benchmark, Table } from './harness/benchmark.ts'
import { count, fixed, mebibytes } from './harness/format.ts'
import { BenchProcess } from './harness/process.ts'
import { alternate } from './harness/rounds.ts'
import { ratios, spread, summarize } from './harness/summary.ts'
import type { LineQuestion } from './processes/line.ts'
import type { ReceiveAllQuestion } from './processes/receive-all.ts'
import type { CountedAnswer, CountedQuestion } from './processes/serve-counted.ts'
import { makeRepeatedStream, type RepeatedStream } from './slow-line/repeated-stream.ts'

const STREAM_BYTES = 2 ** 30
const MEGABITS_PER_SECOND = 100
const ROUND_TRIP_MS = 80
/** A round takes two minutes. */
const MOST_ROUNDS = 3
const READERS = 50
/** What so many readers read. */
const SHARED_BYTES = STREAM_BYTES / 16

export const compression: Benchmark = {
  name: 'compression',
  title: 'Compressed, over a slow line',
  run,
}

async function run(context: BenchContext): Promise<readonly Table[]> {
  const part = context.quick ? 1 / 32 : 1
  const stream = await makeRepeatedStream(context, 'long.bin', part * STREAM_BYTES)
  context.log(`a file of ${count(stream.entries)} entries, ${mebibytes(stream.bytes)}: ${stream.of}`)
  const shared = await makeRepeatedStream(context, 'shared.bin', part * SHARED_BYTES)
  return [await overLine(context, stream), await manyReaders(shared)]
}

/** What a pass over the stream took. */
interface Pass {
  readonly seconds: number
  readonly cpuNanosecondsPerByte: number
  readonly bytesSent: number
}

async function overLine(context: BenchContext, { file, entries, bytes, of }: RepeatedStream): Promise<Table> {
  await using server = await BenchProcess.start('serve-counted.ts')
  await using line = await BenchProcess.start('line.ts')
  await using reader = await BenchProcess.start('receive-all.ts')
  const use = (): Promise<CountedAnswer> => server.ask<CountedAnswer>({ file } satisfies CountedQuestion)
  const { port: serverPort } = await use()
  const to = { port: serverPort, megabitsPerSecond: MEGABITS_PER_SECOND, roundTripMs: ROUND_TRIP_MS }
  const port = await line.ask<number>(to satisfies LineQuestion)
  const passes: Record<'compressed' | 'plain', Pass[]> = { compressed: [], plain: [] }
  const pass = async (kind: 'compressed' | 'plain'): Promise<number> => {
    const before = await use()
    const question = { port, entries, readers: 1, compression: kind === 'compressed' }
    const seconds = await reader.ask<number>(question satisfies ReceiveAllQuestion)
    const after = await use()
    const cpuNanosecondsPerByte = ((after.cpuMs - before.cpuMs) * 1e6) / bytes
    passes[kind].push({ seconds, cpuNanosecondsPerByte, bytesSent: after.bytesSent - before.bytesSent })
    return seconds
  }
  const rounds = Math.min(context.rounds, MOST_ROUNDS)
  const measures = { compressed: () => pass('compressed'), plain: () => pass('plain') }
  const samples = await alternate(measures, { ...context, rounds, warmUps: 0 })
  const row = (name: string, of: readonly Pass[], faster: string): string[] => [
    name,
    spread(summarize(of.map(({ seconds }) => bytes / seconds / 1e6)), fixed(1)),
    faster,
    mebibytes(of[0]?.bytesSent ?? 0),
    spread(summarize(of.map(({ cpuNanosecondsPerByte }) => cpuNanosecondsPerByte)), fixed(2)),
  ]
  return {
    title: `Catching up over ${MEGABITS_PER_SECOND} Mbit/s and ${ROUND_TRIP_MS} ms of round trip: ${mebibytes(bytes)}`,
    columns: [
      'entries are sent',
      'MB of stream/s',
      'times as fast',
      'sent',
      'processor time of the server, ns/byte of stream',
    ],
    rows: [
      row('as they are', passes.plain, ''),
      row('compressed', passes.compressed, spread(ratios(samples.plain, samples.compressed), fixed(2))),
    ],
    note: `The stream is ${of}, over and over. The line is a proxy; ${rounds} rounds.`,
  }
}

async function manyReaders({ file, entries, bytes }: RepeatedStream): Promise<Table> {
  const rows: string[][] = []
  for (const readers of [1, READERS]) {
    await using server = await BenchProcess.start('serve-counted.ts')
    await using reader = await BenchProcess.start('receive-all.ts')
    const before = await server.ask<CountedAnswer>({ file } satisfies CountedQuestion)
    const question = { port: before.port, entries, readers, compression: true }
    const seconds = await reader.ask<number>(question satisfies ReceiveAllQuestion)
    const after = await server.ask<CountedAnswer>({})
    const cpu = ((after.cpuMs - before.cpuMs) * 1e6) / (bytes * readers)
    rows.push([String(readers), String(after.runs), fixed(1)(seconds), fixed(2)(cpu)])
  }
  return {
    title: `Readers of the same ${mebibytes(bytes)} at the same time, without the line`,
    columns: ['readers', 'runs compressed', 'seconds', 'processor time of the server, ns/byte of stream and reader'],
    rows,
    note: 'The readers are in one process, which is what takes the time.',
  }
}

import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AskQuestion } from './flood/asker.ts'
import type { HostAnswer, HostQuestion } from './flood/host.ts'
import type { BenchContext, Benchmark, Table } from './harness/benchmark.ts'
import { duration, mebibytes } from './harness/format.ts'
import { MemoryWatch } from './harness/memory.ts'
import { BenchProcess } from './harness/process.ts'
import { fillStream } from './harness/stream-file.ts'
import { spread, summarize } from './harness/summary.ts'
import type { SlowReadersQuestion } from './slow-readers/readers.ts'

const READERS = 1000
const BYTES_PER_SECOND = 3000
/** Far more than is kept in memory for readers. */
const STREAM_BYTES = 512 * 1024 * 1024
const JOIN_MS = 3000
const STAY_MS = 30_000
const IDLE_MS = 60_000
/** A window of 64 KiB opens in the time that such a reader takes to empty it. */
const WRITE_TIMEOUT_MS = 120_000
/** A minute and a half each. */
const MOST_ROUNDS = 3

/** What one server went through: times in ms, memory in bytes. */
interface Seen {
  readonly connectedAlone: number
  readonly connectedBeside: number
  readonly start: number
  readonly peak: number
  readonly idle: number
}

export const slowReaders: Benchmark = {
  name: 'slow-readers',
  title: 'A thousand slow readers that join at once',
  run,
}

async function run(context: BenchContext): Promise<readonly Table[]> {
  const file = join(context.folder, 'data-stream.bin')
  const { entries } = await fillStream(file, ({ bytes }) => bytes >= STREAM_BYTES / (context.quick ? 10 : 1))
  const rounds = Math.min(context.rounds, MOST_ROUNDS)
  const seen: Seen[] = []
  while (seen.length < rounds) {
    await context.gate.wait()
    const last = await lookAt(file, entries, context.quick ? 20 : 1)
    seen.push(last)
    context.log(
      `round ${seen.length} of ${rounds}: connected in ${duration(last.connectedBeside)}, ` +
        `${mebibytes(last.start)}, ${mebibytes(last.peak)}, ${mebibytes(last.idle)}`,
    )
  }
  const over = (pick: (one: Seen) => number, show: (value: number) => string): string =>
    spread(summarize(seen.map(pick)), show)
  return [
    {
      title: 'Longest time that a new client took to connect and get an answer to Header',
      columns: ['others', 'longest'],
      rows: [
        ['none', over(({ connectedAlone }) => connectedAlone, duration)],
        [`${READERS} that join at once`, over(({ connectedBeside }) => connectedBeside, duration)],
      ],
      note: `One client after the other for ${JOIN_MS / 1000} seconds, from the moment that the others begin to join; ${rounds} rounds.`,
    },
    {
      title: `Resident memory of the server with ${READERS} readers anywhere in a file of ${mebibytes(STREAM_BYTES)}, each taking ${BYTES_PER_SECOND} bytes a second`,
      columns: ['before', 'peak', 'a minute after they left'],
      rows: [
        [
          over(({ start }) => start, mebibytes),
          over(({ peak }) => peak, mebibytes),
          over(({ idle }) => idle, mebibytes),
        ],
      ],
      note: `A server of its own in each of ${rounds} rounds, open for writing; they stay for ${STAY_MS / 1000} seconds, and it drops none of them.`,
    },
  ]
}

async function lookAt(file: string, entries: number, faster: number): Promise<Seen> {
  await using host = await BenchProcess.start('../flood/host.ts')
  await using asker = await BenchProcess.start('../flood/asker.ts')
  await using readers = await BenchProcess.start('../slow-readers/readers.ts')
  const { port } = await host.ask<HostAnswer>({ file, writeTimeoutMs: WRITE_TIMEOUT_MS } satisfies HostQuestion)
  const longest = async (): Promise<number> =>
    Math.max(...(await asker.ask<number[]>({ port, forMs: JOIN_MS / faster, afresh: true } satisfies AskQuestion)))
  const connectedAlone = await longest()
  const { connectedBeside, start, peak } = await beside()
  await readers.ask({ t: 'leave' } satisfies SlowReadersQuestion)
  await sleep(IDLE_MS / faster)
  using after = new MemoryWatch([host.pid])
  return { connectedAlone, connectedBeside, start, peak, idle: after.uses[0]?.late ?? 0 }

  async function beside(): Promise<Pick<Seen, 'connectedBeside' | 'start' | 'peak'>> {
    using watch = new MemoryWatch([host.pid])
    const [connectedBeside] = await Promise.all([
      longest(),
      readers.ask({
        t: 'join',
        port,
        readers: READERS,
        entries,
        bytesPerSecond: BYTES_PER_SECOND,
      } satisfies SlowReadersQuestion),
    ])
    await sleep(STAY_MS / faster)
    const { start = 0, peak = 0 } = watch.uses[0] ?? {}
    return { connectedBeside, start, peak }
  }
}

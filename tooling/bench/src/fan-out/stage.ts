import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BenchContext } from '../harness/benchmark.ts'
import { LiveReaders, type LiveReport } from '../harness/live-readers.ts'
import { compile } from '../harness/native.ts'
import { BenchProcess } from '../harness/process.ts'
import { fillStream, OPERATION_ENTRIES } from '../harness/stream-file.ts'
import type { SourceQuestion } from '../processes/source.ts'
import type { StalledQuestion } from './stalled.ts'

/** Enough that a reader who takes nothing of it is stalled at once. */
const OLD_BYTES = 32 * 1024 * 1024

/** What is committed for readers, one operation in each period. */
export interface Pace {
  readonly operations: number
  readonly periodMs: number
  /** Time before those operations in which as many are committed as well, and not counted. */
  readonly warmUpMs: number
}

/** What readers saw, and how many operations a second were committed: fewer than wanted if the server is too busy. */
export interface Received extends LiveReport {
  readonly committedPerSecond: number
}

interface StageParts {
  readonly source: BenchProcess
  readonly port: number
  readonly stalled: BenchProcess
  /** Path of the program that stands for readers. */
  readonly live: string
}

/** A server that commits operations, and readers of it. */
export class Stage implements AsyncDisposable {
  readonly readerThreads: number
  readonly #parts: StageParts

  private constructor(parts: StageParts, readerThreads: number) {
    this.#parts = parts
    this.readerThreads = readerThreads
  }

  /** @param live path of the compiled program */
  static async open({ folder }: BenchContext, live: string, readerThreads: number): Promise<Stage> {
    const file = join(folder, `${readerThreads}-threads.bin`)
    await fillStream(file, ({ bytes }) => bytes >= OLD_BYTES)
    const source = await BenchProcess.start('source.ts')
    const port = await source.ask<number>({ t: 'open', file, fsync: 'never', readerThreads } satisfies SourceQuestion)
    const stalled = await BenchProcess.start('../fan-out/stalled.ts')
    return new Stage({ source, port, stalled, live }, readerThreads)
  }

  get serverPid(): number {
    return this.#parts.source.pid
  }

  /** Let so many readers receive what is committed, each entry checked; what they saw. */
  async receive(readers: number, { operations, periodMs, warmUpMs }: Pace): Promise<Received> {
    const { source, port, live } = this.#parts
    const all = operations + Math.ceil(warmUpMs / periodMs)
    await using clients = await LiveReaders.join({
      program: live,
      port,
      readers,
      operationEntries: OPERATION_ENTRIES,
      warmUpMs,
    })
    const commit: SourceQuestion = { t: 'commit', operations: all, entries: OPERATION_ENTRIES, periodMs }
    const began = performance.now()
    const [report, ended] = await Promise.all([
      clients.receive(clients.from + all * OPERATION_ENTRIES),
      source.ask(commit).then(() => performance.now()),
    ])
    return { ...report, committedPerSecond: (all * 1000) / (ended - began) }
  }

  /** Let so many readers join, all at once, while operations are committed; how long, in ms, until the last has its OK. */
  async join(readers: number, { operations, periodMs, warmUpMs }: Pace): Promise<number> {
    const { source, port, live } = this.#parts
    const commit: SourceQuestion = { t: 'commit', operations, entries: OPERATION_ENTRIES, periodMs }
    const committed = source.ask(commit)
    await sleep(warmUpMs)
    const began = performance.now()
    await using _clients = await LiveReaders.join({
      program: live,
      port,
      readers,
      operationEntries: OPERATION_ENTRIES,
      warmUpMs: 0,
    })
    const tookMs = performance.now() - began
    await committed
    return tookMs
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
    const { stalled, source } = this.#parts
    await stalled[Symbol.asyncDispose]()
    await source[Symbol.asyncDispose]()
  }
}

/** Do something with a server whose clients are in its own thread, and one whose clients are in another. */
export async function withStages<Result>(
  context: BenchContext,
  work: (single: Stage, threaded: Stage) => Promise<Result>,
): Promise<Result> {
  const live = await compile('live', context.folder)
  await using single = await Stage.open(context, live, 0)
  await using threaded = await Stage.open(context, live, 1)
  return await work(single, threaded)
}

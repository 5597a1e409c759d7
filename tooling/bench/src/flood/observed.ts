import { LiveReaders } from '../harness/live-readers.ts'
import { BenchProcess } from '../harness/process.ts'
import { fillStream, OPERATION_ENTRIES } from '../harness/stream-file.ts'
import { quantile } from '../harness/summary.ts'
import type { AskQuestion } from './asker.ts'
import type { CommitterQuestion } from './committer.ts'
import type { HostAnswer, HostQuestion } from './host.ts'

const PERIOD_MS = 10
const WARM_UP_MS = 100

/** What others than those who flood have of a server; times in ms. */
export interface Seen {
  readonly commitsPerSecond: number
  /** 99th percentiles: of commits, of answers to Header, and from a commit to a live reader. */
  readonly commit: number
  readonly header: number
  readonly live: number
}

/** How long to look at what. */
export interface Look {
  readonly commitMs: number
  readonly liveMs: number
}

interface ObservedParts {
  readonly host: BenchProcess
  readonly committer: BenchProcess
  readonly asker: BenchProcess
  readonly port: number
  /** Path of the program that stands for the live reader. */
  readonly live: string
}

/** A server with a source, a client that asks for the header, and a live reader. */
export class ObservedServer implements AsyncDisposable {
  readonly readerThreads: number
  /** Entries that it began with, whole operations. */
  readonly entries: number
  readonly #parts: ObservedParts

  private constructor(parts: ObservedParts, readerThreads: number, entries: number) {
    this.#parts = parts
    this.readerThreads = readerThreads
    this.entries = entries
  }

  /** @param live path of the compiled program */
  static async open(file: string, oldEntries: number, live: string, readerThreads: number): Promise<ObservedServer> {
    const { entries } = await fillStream(file, (totals) => totals.entries >= oldEntries)
    const host = await BenchProcess.start('../flood/host.ts')
    const committer = await BenchProcess.start('../flood/committer.ts')
    const asker = await BenchProcess.start('../flood/asker.ts')
    const { port, sourcePort } = await host.ask<HostAnswer>({ file, readerThreads } satisfies HostQuestion)
    await committer.ask({ t: 'connect', port: sourcePort } satisfies CommitterQuestion)
    return new ObservedServer({ host, committer, asker, port, live }, readerThreads, entries)
  }

  get port(): number {
    return this.#parts.port
  }

  /** First the source commits as fast as it can while another client asks for the header, then at a pace for the live reader. */
  async look({ commitMs, liveMs }: Look): Promise<Seen> {
    const { committer, asker, port, live } = this.#parts
    const [headers, commits] = await Promise.all([
      asker.ask<number[]>({ port, forMs: commitMs, afresh: false } satisfies AskQuestion),
      committer.ask<number[]>({ t: 'commit', forMs: commitMs } satisfies CommitterQuestion),
    ])
    const operationEntries = OPERATION_ENTRIES + 1
    await using reader = await LiveReaders.join({
      program: live,
      port,
      readers: 1,
      operationEntries,
      warmUpMs: WARM_UP_MS,
    })
    const operations = Math.ceil((WARM_UP_MS + liveMs) / PERIOD_MS)
    const [{ p99 }] = await Promise.all([
      reader.receive(reader.from + operations * operationEntries),
      committer.ask({ t: 'pace', operations, periodMs: PERIOD_MS } satisfies CommitterQuestion),
    ])
    return {
      commitsPerSecond: commits.length / (commitMs / 1000),
      commit: percentile99(commits),
      header: percentile99(headers),
      live: p99 / 1000,
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { asker, committer, host } = this.#parts
    for (const child of [asker, committer, host]) await child[Symbol.asyncDispose]()
  }
}

function percentile99(latencies: readonly number[]): number {
  return quantile(
    latencies.toSorted((a, b) => a - b),
    0.99,
  )
}

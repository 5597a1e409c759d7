import { join } from 'node:path'
import type { AskQuestion } from './flood/asker.ts'
import type { CommitterQuestion } from './flood/committer.ts'
import { FLOODS, type Flood, type FlooderQuestion, type FloodTraffic } from './flood/flooder.ts'
import type { HostAnswer, HostQuestion } from './flood/host.ts'
import type { BenchContext, Benchmark, Table } from './harness/benchmark.ts'
import { count, duration, fixed } from './harness/format.ts'
import { BenchProcess } from './harness/process.ts'
import { alternate } from './harness/rounds.ts'
import { fillStream, OPERATION_ENTRIES } from './harness/stream-file.ts'
import { quantile, spread, summarize } from './harness/summary.ts'

const CONNECTIONS = 20
/** More than is kept in memory for readers, so that look-ups read from disk. */
const OLD_ENTRIES = 50_000 * (OPERATION_ENTRIES + 1)
const MEASURE_MS = 2000
/** The flood's time to fill the buffers of the system. */
const FILL_MS = 500

/** What others saw while something was going on. */
interface Seen {
  readonly headers: readonly number[]
  readonly commits: readonly number[]
  readonly sentPerSecond: number
  readonly receivedPerSecond: number
}

export const flood: Benchmark = {
  name: 'flood',
  title: 'Others while 20 connections flood the server',
  run,
}

async function run(context: BenchContext): Promise<readonly Table[]> {
  const file = join(context.folder, 'data-stream.bin')
  const { entries } = await fillStream(file, (totals) => totals.entries >= OLD_ENTRIES)
  await using host = await BenchProcess.start('../flood/host.ts')
  await using flooder = await BenchProcess.start('../flood/flooder.ts')
  await using asker = await BenchProcess.start('../flood/asker.ts')
  await using committer = await BenchProcess.start('../flood/committer.ts')
  const { port, sourcePort } = await host.ask<HostAnswer>({ file } satisfies HostQuestion)
  await committer.ask({ t: 'connect', port: sourcePort } satisfies CommitterQuestion)

  const forMs = context.quick ? MEASURE_MS / 10 : MEASURE_MS
  const look = async (): Promise<Pick<Seen, 'headers' | 'commits'>> => {
    const [headers, commits] = await Promise.all([
      asker.ask<number[]>({ port, forMs, afresh: false } satisfies AskQuestion),
      committer.ask<number[]>({ t: 'commit', forMs } satisfies CommitterQuestion),
    ])
    return { headers, commits }
  }
  const beside = async (floods: readonly Flood[], reads: boolean): Promise<Seen> => {
    const began = performance.now()
    await flooder.ask({ t: 'flood', port, connections: CONNECTIONS, floods, reads, entries } satisfies FlooderQuestion)
    await new Promise((resolve) => setTimeout(resolve, FILL_MS))
    const seen = await look()
    const { sent, received } = await flooder.ask<FloodTraffic>({ t: 'leave' } satisfies FlooderQuestion)
    const seconds = (performance.now() - began) / 1000
    return { ...seen, sentPerSecond: sent / seconds, receivedPerSecond: received / seconds }
  }

  const shapes = [...FLOODS.map((one) => [one] as readonly Flood[]), FLOODS].flatMap((floods) =>
    [true, false].map((reads) => ({ floods, reads, name: `${nameOf(floods)}${reads ? '' : ', nothing read'}` })),
  )
  const alone: Seen[] = []
  const all: Record<string, Seen[]> = {}
  const measure = (name: string, floods: readonly Flood[], reads: boolean) => async (): Promise<number> => {
    const before = { ...(await look()), sentPerSecond: 0, receivedPerSecond: 0 }
    const seen = await beside(floods, reads)
    alone.push(before)
    all[name] = [...(all[name] ?? []), seen]
    const ratio = seen.commits.length / before.commits.length
    context.log(`${name}: header p99 ${duration(p99(seen.headers))}, commits ${fixed(2)(ratio)} of before`)
    return ratio
  }
  await context.gate.wait()
  const ratios = await alternate(
    Object.fromEntries(shapes.map(({ floods, reads, name }) => [name, measure(name, floods, reads)] as const)),
    { rounds: context.rounds, warmUps: 0, log: context.log },
  )
  const row = (seen: readonly Seen[], ratio: string): string[] => [
    spread(summarize(seen.map(({ headers }) => p99(headers))), duration),
    spread(summarize(seen.map(({ commits }) => p99(commits))), duration),
    spread(summarize(seen.map(({ commits }) => commits.length / (forMs / 1000))), count),
    ratio,
    ...[
      summarize(seen.map(({ sentPerSecond }) => sentPerSecond)),
      summarize(seen.map(({ receivedPerSecond }) => receivedPerSecond)),
    ].map(({ median }) => (median / 1e6).toFixed(2)),
  ]
  return [
    {
      title: `${CONNECTIONS} connections that send commands as fast as the server takes them`,
      columns: ['commands', 'Header, p99', 'a commit, p99', 'commits/s', 'ratio to none', 'MB/s sent', 'MB/s received'],
      rows: [
        ['none', ...row(alone, '')],
        ...shapes.map(({ name }) => [name, ...row(all[name] ?? [], spread(summarize(ratios[name] ?? []), fixed(2)))]),
      ],
      note:
        'Header: of another client, which asks every 5 ms. Commits: of a source over its port, 10 entries and a bookmark, ' +
        '`fsync: commit`, each awaited before the next begins; the ratio is to ' +
        `the ${MEASURE_MS / 1000} seconds just before the flood. Sent and received: by the flooding connections.`,
    },
  ]
}

function nameOf(floods: readonly Flood[]): string {
  return floods.length === 1 ? `\`${floods[0]}\`` : 'all seven'
}

function p99(latencies: readonly number[]): number {
  return quantile(
    latencies.toSorted((a, b) => a - b),
    0.99,
  )
}

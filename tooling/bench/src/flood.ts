import { join } from 'node:path'
import { FLOODS, type Flood, type FlooderQuestion, type FloodTraffic } from './flood/flooder.ts'
import { type Look, ObservedServer, type Seen } from './flood/observed.ts'
import type { BenchContext, Benchmark, Table } from './harness/benchmark.ts'
import { count, duration, fixed } from './harness/format.ts'
import { compile } from './harness/native.ts'
import { BenchProcess } from './harness/process.ts'
import { alternate } from './harness/rounds.ts'
import { OPERATION_ENTRIES } from './harness/stream-file.ts'
import { ratios, type Summary, spread, summarize } from './harness/summary.ts'

const CONNECTIONS = 20
/** More than is kept in memory for readers, so that look-ups read from disk. */
const OLD_ENTRIES = 50_000 * (OPERATION_ENTRIES + 1)
const LOOK: Look = { commitMs: 1500, liveMs: 3000 }
/** The flood's time to fill the buffers of the system. */
const FILL_MS = 500
/** Three minutes each. */
const MOST_ROUNDS = 5

/** What is sent, by all connections alike or by each in turn. */
const MIXES: readonly { readonly name: string; readonly floods: readonly Flood[] }[] = [
  { name: '`entry`', floods: ['entry'] },
  { name: '`start`', floods: ['start'] },
  { name: '`bookmark`', floods: ['bookmark'] },
  { name: 'all seven', floods: FLOODS },
]

interface Traffic {
  readonly sentPerSecond: number
  readonly receivedPerSecond: number
}

/** One mix at one server: what others saw just before it, and beside it; by round. */
interface Scene {
  readonly name: string
  readonly floods: readonly Flood[]
  /** Whether the answers are read. */
  readonly reads: boolean
  readonly server: ObservedServer
  readonly alone: Seen[]
  readonly beside: (Seen & Traffic)[]
}

export const flood: Benchmark = {
  name: 'flood',
  title: 'Others while 20 connections flood the server',
  run,
}

async function run(context: BenchContext): Promise<readonly Table[]> {
  const live = await compile('live', context.folder)
  await using flooder = await BenchProcess.start('../flood/flooder.ts')
  await using single = await ObservedServer.open(join(context.folder, 'single.bin'), OLD_ENTRIES, live, 0)
  await using threaded = await ObservedServer.open(join(context.folder, 'threaded.bin'), OLD_ENTRIES, live, 1)
  const look = context.quick ? { commitMs: LOOK.commitMs / 10, liveMs: LOOK.liveMs / 10 } : LOOK

  const beside = async ({ floods, reads, server }: Scene): Promise<Seen & Traffic> => {
    const { port, entries } = server
    const began = performance.now()
    await flooder.ask({ t: 'flood', port, connections: CONNECTIONS, floods, reads, entries } satisfies FlooderQuestion)
    await new Promise((resolve) => setTimeout(resolve, FILL_MS))
    const seen = await server.look(look)
    const { sent, received } = await flooder.ask<FloodTraffic>({ t: 'leave' } satisfies FlooderQuestion)
    const seconds = (performance.now() - began) / 1000
    return { ...seen, sentPerSecond: sent / seconds, receivedPerSecond: received / seconds }
  }
  const measure = (scene: Scene) => async (): Promise<number> => {
    const before = await scene.server.look(look)
    const during = await beside(scene)
    scene.alone.push(before)
    scene.beside.push(during)
    const ratio = (value: number, of: number): string => fixed(2)(value / of)
    context.log(
      `${scene.name}, ${scene.server.readerThreads} threads: ` +
        `commits ${ratio(during.commitsPerSecond, before.commitsPerSecond)} of before, ` +
        `a live reader's p99 ${ratio(during.live, before.live)} times that of before`,
    )
    return during.commitsPerSecond
  }
  const scenes = MIXES.flatMap(({ name, floods }) =>
    [true, false].flatMap((reads) =>
      [single, threaded].map(
        (server): Scene => ({
          name: reads ? name : `${name}, nothing read`,
          floods,
          reads,
          server,
          alone: [],
          beside: [],
        }),
      ),
    ),
  )
  const rounds = Math.min(context.rounds, MOST_ROUNDS)
  await context.gate.wait()
  await alternate(Object.fromEntries(scenes.map((scene, i) => [i, measure(scene)] as const)), {
    rounds,
    warmUps: 0,
    log: context.log,
  })
  return [...[single, threaded].map((server) => tableOf(scenes, server, rounds))]
}

function tableOf(all: readonly Scene[], server: ObservedServer, rounds: number): Table {
  const scenes = all.filter((scene) => scene.server === server)
  return {
    title: `\`readerThreads: ${server.readerThreads}\`: ${CONNECTIONS} connections that send commands as fast as the server takes them`,
    columns: [
      'commands',
      'commits/s',
      'ratio to none',
      'a commit, p99',
      'live, p99',
      'ratio to none',
      'Header, p99',
      'MB/s sent',
      'MB/s received',
    ],
    rows: [
      row(
        'none',
        scenes.flatMap(({ alone }) => alone),
      ),
      ...scenes.map(({ name, alone, beside }) => row(name, beside, alone, beside)),
    ],
    note:
      'First commits of a source over its port, 10 entries and a bookmark, `fsync: commit`, each awaited before the next ' +
      'begins, while another client asks for the header every 5 ms. Then one such commit every 10 ms, and a live reader, from ' +
      `the source's commit to the last byte of the operation. ${LOOK.commitMs / 1000} and ${LOOK.liveMs / 1000} seconds; ratios ` +
      `are to the same without a flood, just before. ${rounds} rounds. Sent and received: by the flooding connections.`,
  }
}

function row(
  name: string,
  seen: readonly Seen[],
  alone: readonly Seen[] = [],
  traffic: readonly Traffic[] = [],
): string[] {
  const over = (pick: (one: Seen) => number, format: (value: number) => string): string =>
    spread(summarize(seen.map(pick)), format)
  const ratio = (pick: (one: Seen) => number): string =>
    alone.length === 0 ? '' : spread(ratios(seen.map(pick), alone.map(pick)), fixed(2))
  const megabytes = (pick: (one: Traffic) => number): string =>
    traffic.length === 0 ? '' : median(summarize(traffic.map(pick)))
  return [
    name,
    over(({ commitsPerSecond }) => commitsPerSecond, count),
    ratio(({ commitsPerSecond }) => commitsPerSecond),
    over(({ commit }) => commit, duration),
    over((one) => one.live, duration),
    ratio((one) => one.live),
    over(({ header }) => header, duration),
    megabytes(({ sentPerSecond }) => sentPerSecond),
    megabytes(({ receivedPerSecond }) => receivedPerSecond),
  ]
}

function median({ median: bytes }: Summary): string {
  return (bytes / 1e6).toFixed(2)
}

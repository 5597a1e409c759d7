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
const LOOK: Look = { commitMs: 1000, liveMs: 2300 }
/** The flood's time to fill the buffers of the system. */
const FILL_MS = 500
/** A minute and three quarters each. */
const MOST_ROUNDS = 3

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

/** One mix at one server: what others saw without it, and while the answers were read, and were not; by round. */
interface Scene {
  readonly name: string
  readonly floods: readonly Flood[]
  readonly server: ObservedServer
  readonly alone: Seen[]
  readonly read: (Seen & Traffic)[]
  readonly unread: (Seen & Traffic)[]
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

  const beside = async ({ floods, server }: Scene, reads: boolean): Promise<Seen & Traffic> => {
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
    const alone = await scene.server.look(look)
    const read = await beside(scene, true)
    const unread = await beside(scene, false)
    scene.alone.push(alone)
    scene.read.push(read)
    scene.unread.push(unread)
    const of = (value: number, before: number): string => fixed(2)(value / before)
    context.log(
      `${scene.name}, ${scene.server.readerThreads} threads: commits ${of(read.commitsPerSecond, alone.commitsPerSecond)} ` +
        `and ${of(unread.commitsPerSecond, alone.commitsPerSecond)} of before, a live reader's p99 ` +
        `${of(read.live, alone.live)} and ${of(unread.live, alone.live)} times that of before`,
    )
    return read.commitsPerSecond
  }
  const scenes = MIXES.flatMap((mix) =>
    [single, threaded].map((server): Scene => ({ ...mix, server, alone: [], read: [], unread: [] })),
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
      ...scenes.flatMap(({ name, alone, read, unread }) => [
        row(name, read, alone, read),
        row(`${name}, nothing read`, unread, alone, unread),
      ]),
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

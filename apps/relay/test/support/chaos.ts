import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SourceProcess, tempDir } from '@datastreamer/fixtures'
import { generateStream } from '@datastreamer/sequencer-entries'
import { openReader } from '@datastreamer/store'
import { expect } from 'vitest'
import { readEntries } from '../../src/boundaries/read-entries.ts'
import { committed, expectEqualFiles } from './equal-files.ts'
import { FaultProxy } from './fault-proxy.ts'
import { until } from './relay.ts'
import { type NewEntry, Source } from './source.ts'
import { add, EndClient, HeaderSampler } from './watchers.ts'

const MAIN = resolve(import.meta.dirname, '../../src/main.ts')

export interface ChaosOptions {
  readonly clients: number
  readonly seconds: number
  readonly operationsPerSecond: number
  /** Mean time between two faults of each kind. */
  readonly killEveryMs: number
  readonly dropEveryMs: number
  readonly stallEveryMs: number
  /** Of what is done, and to whom; how much of it is done depends on the machine. */
  readonly seed: number
}

/** What was done, so that a test can tell that it was. */
export interface ChaosSummary {
  readonly operations: number
  readonly kills: number
  readonly drops: number
  readonly stalls: number
  readonly headers: number
}

/** A relay in a process of its own that is killed and started again; it is reached over a proxy. */
class KilledRelay implements AsyncDisposable {
  readonly file: string
  readonly proxy: FaultProxy
  readonly #upstream: string
  readonly #lifeMs: number
  /** Threads that it has for clients. */
  readonly #threads: number
  #process: SourceProcess | undefined

  private constructor(file: string, upstream: string, proxy: FaultProxy, lifeMs: number, threads: number) {
    this.file = file
    this.#upstream = upstream
    this.proxy = proxy
    this.#lifeMs = lifeMs
    this.#threads = threads
  }

  static async start(file: string, upstream: string, lifeMs: number, threads: number): Promise<KilledRelay> {
    const relay = new KilledRelay(file, upstream, await FaultProxy.listen(), lifeMs, threads)
    await relay.start()
    return relay
  }

  async start(): Promise<void> {
    const args = ['--server', this.#upstream, '--file', this.file, '--host', '127.0.0.1', '--port', '0']
    const limits = [
      '--response-timeout',
      '1s',
      '--retry-max',
      '500ms',
      '--log-level',
      'warn',
      '--reader-threads',
      String(this.#threads),
    ]
    const process = new SourceProcess(MAIN, [...args, ...limits], { timeoutMs: this.#lifeMs })
    this.#process = process
    const [, port] = /:(\d+)/.exec(await process.firstLine()) ?? []
    this.proxy.target = Number(port)
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    this.proxy.target = undefined
    const { status, stderr } = (await this.#process?.end(signal)) ?? {}
    expect(status, stderr).toBe(signal === 'SIGKILL' ? 'SIGKILL' : 0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process?.[Symbol.asyncDispose]()
    await this.proxy[Symbol.asyncDispose]()
  }
}

/**
 * A server, two relays downstream of it and one downstream of the first, clients at the ends; the source commits while relays
 * are killed and connections are dropped and stalled. Checks that at the end all files are equal, that every client had every
 * entry once and in order, and that every header stood where the source had ended an operation.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosSummary> {
  const { clients: count, seconds } = options
  const random = randomOf(options.seed)
  const lifeMs = seconds * 1000 + 280_000
  using dir = tempDir()
  await using source = await Source.start({ file: dir.join('source.bin') })
  await using front = await FaultProxy.listen(source.port)
  await using near = await KilledRelay.start(dir.join('near.bin'), front.address, lifeMs, 1)
  await using other = await KilledRelay.start(dir.join('other.bin'), front.address, lifeMs, 0)
  await using far = await KilledRelay.start(dir.join('far.bin'), near.proxy.address, lifeMs, 2)
  const relays = [near, other, far]
  const proxies = [front, ...relays.map(({ proxy }) => proxy)]

  await using stack = new AsyncDisposableStack()
  const wrong: string[] = []
  const samplers = relays.map(({ file, proxy }) => {
    return stack.use(
      new HeaderSampler(proxy.port, ({ totalEntries }) => {
        if (!source.ends.has(totalEntries)) wrong.push(`${file}: ${totalEntries}`)
      }),
    )
  })
  const clients = Array.from({ length: count }, (_, i) => {
    return stack.use(new EndClient((i % 2 === 0 ? far : other).proxy.port))
  })

  const over = new AbortController()
  const faults = Promise.all([
    every(options.killEveryMs, random, over.signal, async () => {
      const relay = pick(relays, random)
      await relay.end('SIGKILL')
      await relay.start()
    }),
    every(options.dropEveryMs, random, over.signal, async () => pick(proxies, random).drop(() => random() < 0.5)),
    every(options.stallEveryMs, random, over.signal, async () =>
      pick(proxies, random).stall(1500, () => random() < 0.3),
    ),
  ])
  const operations = await commitFor(source, random, options)
  over.abort()
  const [kills, drops, stalls] = await faults

  await until('every client has every entry', () => clients.every(({ next }) => next === source.total), 200_000).catch(
    (error: unknown) => {
      const places = clients.map(({ next, error: ended }) => `${next}${ended === undefined ? '' : ` ${String(ended)}`}`)
      const files = relays.map(({ file }) => `${file} ${committed(file).header.totalEntries}`)
      throw new Error(`of ${source.total} entries relays have ${files}, clients ${places}`, { cause: error })
    },
  )
  const checksum = await checksumOf(source)
  for (const client of clients) expect([client.error, client.checksum]).toEqual([undefined, checksum])
  expect(wrong).toEqual([])
  const headers = samplers.reduce((sum, { samples }) => sum + samples, 0)
  await stack.disposeAsync()
  for (const relay of [far, near, other]) await relay.end('SIGTERM')
  expectEqualFiles(dir.join('source.bin'), ...relays.map(({ file }) => file))
  return { operations, kills, drops, stalls, headers }
}

/** A number from 0 to 1. */
type Random = () => number

/** Numbers that are the same for the same seed. */
function randomOf(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** Longest data of an entry: what is tried out here is their number. */
const MAX_DATA_BYTES = 64

/** Operations of some blocks, or of parts of them. */
function* operations(random: Random): Generator<NewEntry[], void, void> {
  let open: NewEntry[] = []
  let size = 12
  for (const block of generateStream()) {
    for (const { type, data } of block) {
      open.push({ type, data: data.subarray(0, MAX_DATA_BYTES) })
      if (open.length < size) continue
      yield open
      open = []
      size = 1 + Math.floor(random() * 12)
    }
  }
}

/** Commit at a rate, waiting for the disk only now and then; says how many operations it were. */
async function commitFor(
  source: Source,
  random: Random,
  { seconds, operationsPerSecond }: ChaosOptions,
): Promise<number> {
  const begun = performance.now()
  let done = 0
  let last: Promise<unknown> = Promise.resolve()
  for (const operation of operations(random)) {
    const elapsed = performance.now() - begun
    if (elapsed > seconds * 1000) break
    const due = (done / operationsPerSecond) * 1000
    if (due > elapsed) await sleep(due - elapsed)
    last = source.write(operation)
    if (++done % 20 === 0) await last
  }
  await last
  return done
}

/** Do something again and again, at random times; says how often it was done. */
async function every(meanMs: number, random: Random, signal: AbortSignal, act: () => Promise<void>): Promise<number> {
  for (let times = 0; ; times++) {
    const waited = await sleep(meanMs * (0.5 + random()), true, { signal }).catch(() => false)
    if (!waited) return times
    await act()
  }
}

function pick<T>(items: readonly T[], random: Random): T {
  const item = items[Math.floor(random() * items.length)]
  if (item === undefined) throw new RangeError('nothing to pick from')
  return item
}

/** The checksum of a client that has read the whole file. */
async function checksumOf(source: Source): Promise<number> {
  await using reader = await openReader({ file: source.store.log.path })
  let checksum = 0
  for await (const entry of readEntries(reader, 0n, source.total)) checksum = add(checksum, entry)
  return checksum
}

import { type Random, randomFrom } from '@datastreamer/fixtures/random'
import { BOOKMARK_TYPE, encodeOperationBoundary, encodeResult, PAGE_BYTES } from '@datastreamer/format'
import { turns, until } from '@datastreamer/runtime/testing'
import type { KnownBoundaries } from '@datastreamer/store/log'
import { concat, TestLog } from '@datastreamer/store/testing'
import { describe, expect, test, vi } from 'vitest'
import { ReadQueue } from '../src/tcp/read-queue.ts'
import { ServerSockets } from './server-sockets.ts'
import { packetsIn, type RawClient, TestServer } from './tcp-client.ts'
import { receive, unpack } from './unpack.ts'

const OK = encodeResult(0)
const start = (from: number) => ({ name: 'start', fromEntryNumber: BigInt(from) }) as const
/** The longest run that is compressed: one and a half of 128 KiB. */
const MOST_RUN_BYTES = 192 * 1024

/** Bytes that shrink to about a third. */
function text(bytes: number, random: Random): Uint8Array {
  const found = new Uint8Array(bytes).fill(7)
  for (let i = 0; i < bytes; i += 4) found[i] = random(256)
  return found
}

/** A log of entries of all lengths. */
function logOf(
  count: number,
  options: ConstructorParameters<typeof TestLog>[0] = {},
  seed = 1,
): { log: TestLog; sent: Uint8Array[] } {
  const log = new TestLog(options)
  const random = randomFrom(seed)
  const sent = Array.from({ length: count }, (_, i) => log.add(2, text(random(i % 50 === 0 ? 200_000 : 3000), random)))
  log.commit()
  return { log, sent }
}

async function ask(
  server: TestServer,
  ...names: readonly ('compression' | 'operationBoundaries')[]
): Promise<RawClient> {
  const client = await server.connect()
  for (const name of ['compression', ...names] as const) {
    client.send({ name })
    expect(await client.read(OK.length)).toEqual(OK)
  }
  return client
}

/** A client that waits at the head: compressed runs are kept while there is one. */
async function watch(server: TestServer, entries: number): Promise<RawClient> {
  const client = await ask(server)
  client.send(start(entries))
  await client.read(OK.length)
  return client
}

/** Runs that a server has compressed. */
async function runsAt({ server }: TestServer): Promise<number> {
  return (await server.counters()).compression.runs
}

describe.each([
  ['from memory', {}],
  ['from memory and disk', { keepPages: 1 }],
  ['from disk', { inMemory: false }],
] as const)('what is compressed holds what is sent otherwise, %s', (_name, options) => {
  test.each([0, 1, 417, 700])('a catch-up from entry %i on, in as few bytes', async (from) => {
    const { log, sent } = logOf(900, options)
    const expected = concat(sent.slice(from))
    await using server = await TestServer.start(log)
    using client = await ask(server)
    client.send(start(from))
    await client.read(OK.length)
    const { plain, compressed } = await receive(client, expected.length)
    expect(Buffer.compare(plain, expected)).toBe(0)
    expect(compressed).toBeGreaterThan(2)
    const { bytesSent, compression } = await server.server.counters()
    expect(bytesSent).toBeLessThan(expected.length / 2)
    expect(compression.bytesBefore).toBeGreaterThan(expected.length * 0.8)
    expect(compression.bytesSent).toBeLessThan(bytesSent)
    expect(await client.stopped()).toEqual([])
  })
})

test('ranges end with their last entry, and readers of one share what is compressed', async () => {
  const log = new TestLog({ inMemory: false })
  const random = randomFrom(2)
  const sent = Array.from({ length: 2000 }, (_, i) => {
    return i % 100 === 0 ? log.add(BOOKMARK_TYPE, Uint8Array.of(1, i / 100)) : log.add(2, text(1000, random))
  })
  log.commit()
  await using server = await TestServer.start(log)
  using _watcher = await watch(server, sent.length)
  const runs = (): Promise<number> => runsAt(server)
  using whole = await ask(server)
  whole.send(start(0))
  await whole.read(OK.length)
  await receive(whole, concat(sent).length)
  for (const [from, to] of [
    [0, 1],
    [1, 2],
    [3, 17],
    [0, 19],
    [5, 5],
  ] as const) {
    const expected = concat(sent.slice(100 * from, 100 * to + 1))
    const counts: number[] = []
    for (let reader = 0; reader < 2; reader++) {
      using client = await ask(server)
      client.send({ name: 'rangeBookmark', from: Uint8Array.of(1, from), to: Uint8Array.of(1, to) })
      await client.read(OK.length + 8)
      const { plain, compressed } = await receive(client, expected.length)
      expect(Buffer.compare(plain, expected)).toBe(0)
      expect(compressed > 0).toBe(to > from)
      client.send({ name: 'header' })
      expect(packetsIn(await client.read(OK.length + 38))).toEqual(['result 0', 'header 2000'])
      counts.push(await runs())
    }
    expect(counts[1]).toBe(counts[0])
  }
})

describe('live', () => {
  test('operations are sent as they are, at once, unless they are large', async () => {
    const { log, sent } = logOf(3)
    const random = randomFrom(3)
    await using server = await TestServer.start(log)
    using client = await ask(server)
    client.send(start(sent.length))
    await client.read(OK.length)
    for (const [bytes, isLarge] of [
      [100, false],
      [16_000, false],
      [20_000, true],
      [900_000, true],
    ] as const) {
      const operation = log.add(2, text(bytes, random))
      log.commit()
      const { plain, compressed } = await receive(client, operation.length)
      expect(plain).toEqual(operation)
      expect(compressed).toBe(isLarge ? 1 : 0)
    }
  })

  test('small operations wait in no queue', async () => {
    const enter = vi.spyOn(ReadQueue.prototype, 'run')
    try {
      const { log, sent } = logOf(3)
      await using server = await TestServer.start(log)
      using client = await ask(server, 'operationBoundaries')
      client.send(start(sent.length))
      await client.read(OK.length)
      for (let i = 0; i < 10; i++) {
        const operation = log.add(2, text(500, randomFrom(i + 1)))
        if (i === 1) enter.mockClear()
        log.commit()
        const boundary = encodeOperationBoundary({ nextEntry: BigInt(sent.length + i + 1), gap: false })
        expect(await client.read(operation.length + boundary.length)).toEqual(concat([operation, boundary]))
      }
      expect(enter).not.toHaveBeenCalled()
    } finally {
      enter.mockRestore()
    }
  })

  test('a large operation is compressed once for all readers', async () => {
    const { log, sent } = logOf(3)
    await using server = await TestServer.start(log)
    const clients = await Promise.all(Array.from({ length: 20 }, () => ask(server)))
    for (const client of clients) client.send(start(sent.length))
    for (const client of clients) await client.read(OK.length)
    const operation = log.add(2, text(100_000, randomFrom(4)))
    log.commit()
    for (const client of clients) expect((await receive(client, operation.length)).plain).toEqual(operation)
    expect(await runsAt(server)).toBe(1)
    for (const client of clients) client[Symbol.dispose]()
  })

  test('what does not shrink is sent as it is', async () => {
    const log = new TestLog()
    const random = randomFrom(5)
    await using server = await TestServer.start(log)
    using client = await ask(server)
    client.send(start(0))
    await client.read(OK.length)
    for (let i = 0; i < 3; i++) {
      const noise = Uint8Array.from({ length: 300_000 }, () => random(256))
      const operation = log.add(2, noise)
      log.commit()
      expect(await receive(client, operation.length)).toEqual({ plain: operation, compressed: 0 })
    }
    expect((await server.server.counters()).compression).toMatchObject({ bytesBefore: 0, bytesSent: 0 })
  })
})

test('fifty readers of one catch-up cause one compression of each run, and those from elsewhere few more', async () => {
  const { log, sent } = logOf(1500, { inMemory: false })
  await using server = await TestServer.start(log)
  using watcher = await watch(server, sent.length)
  const runsOf = async (froms: readonly number[]): Promise<number> => {
    await Promise.all(
      froms.map(async (from) => {
        using client = await ask(server)
        client.send(start(from))
        await client.read(OK.length)
        const wanted = concat(sent.slice(from))
        expect(Buffer.compare((await receive(client, wanted.length)).plain, wanted)).toBe(0)
      }),
    )
    return runsAt(server)
  }
  const runs = await runsOf([0])
  expect(runs).toBeGreaterThan(20)
  // What is committed now makes the last run another one, and nothing else.
  sent.push(log.add(2, new Uint8Array(PAGE_BYTES / 2)))
  log.commit()
  const again = await runsOf(Array(50).fill(0))
  expect(again - runs).toBeLessThanOrEqual(3)
  const elsewhere = await runsOf([101, 202, 303, 404])
  expect(elsewhere - again).toBeLessThanOrEqual(4 * 2)
  // What was kept is given back when nobody is left who wants it.
  watcher.socket.destroy()
  await server.whenClosed(56)
  expect(await runsOf([0])).toBeGreaterThan(elsewhere + 20)
})

test('no operation boundary follows the last entry of a range, compressed or not', async () => {
  const log = new TestLog({ inMemory: false })
  const random = randomFrom(9)
  for (let i = 0; i < 300; i++) {
    if (i % 10 === 0 || i % 10 === 9) log.add(BOOKMARK_TYPE, Uint8Array.of(1, i / 10, i % 10))
    else log.add(2, text(1500, random))
  }
  log.commit()
  const tens: KnownBoundaries = { lastUpTo: (number) => 10 * Math.floor(number / 10), isKnownAt: () => true }
  await using server = await TestServer.start({ log: log.log, index: log.index, operationBoundaries: tens })
  using client = await ask(server, 'operationBoundaries')
  client.send({ name: 'rangeBookmark', from: Uint8Array.of(1, 1, 0), to: Uint8Array.of(1, 9, 9) })
  await client.read(OK.length + 8)
  client.send({ name: 'header' })
  client.socket.end()
  const packets = packetsIn(unpack(await client.rest()).plain)
  expect(packets.filter((packet) => !packet.startsWith('entry'))).toEqual(['end 10', 'result 0', 'header 300'])
  expect(packets.slice(-3)).toEqual(['entry 99', 'result 0', 'header 300'])
  expect(await runsAt(server)).toBe(1)
})

describe('operation boundaries', () => {
  /** Operations of ten entries, known up to one of them. */
  const tens = (upTo = Number.POSITIVE_INFINITY): KnownBoundaries => ({
    lastUpTo: (number) => 10 * Math.floor(Math.min(number, upTo) / 10),
    isKnownAt: (number) => number < upTo,
  })

  async function withBoundaries(known: KnownBoundaries): Promise<string[]> {
    const log = new TestLog({ inMemory: false })
    const random = randomFrom(6)
    for (let i = 0; i < 1200; i++) log.add(2, text(1500, random))
    log.commit()
    await using server = await TestServer.start({ log: log.log, index: log.index, operationBoundaries: known })
    using client = await ask(server, 'operationBoundaries')
    client.send(start(5))
    await client.read(OK.length)
    const entries = 1195 * 1517
    let packets: string[] = []
    for (let bytes = entries; packets.at(-1) !== 'end 1200'; ) {
      const { plain } = await receive(client, bytes)
      packets = [...packets, ...packetsIn(plain)]
      bytes = 1
    }
    expect(await runsAt(server)).toBeGreaterThan(5)
    return packets
  }

  test.each([
    ['all known', tens()],
    ['the last third unknown', tens(800)],
    ['none known', { lastUpTo: () => undefined, isKnownAt: () => false }],
  ] as const)('stand where operations end, in compressed packets too: %s', async (name, known) => {
    const packets = await withBoundaries(known)
    expect(packets.filter((packet) => packet.startsWith('entry'))).toEqual(
      Array.from({ length: 1195 }, (_, i) => `entry ${i + 5}`),
    )
    let next = 5
    let since = 0
    let isGap = false
    let gaps = 0
    for (const packet of packets) {
      const [kind, number, gap] = packet.split(' ')
      if (kind === 'entry') {
        next = Number(number) + 1
        // Unless it is said that they are unknown, one follows within a page.
        if (!isGap) expect(++since * 1517).toBeLessThan(PAGE_BYTES)
        continue
      }
      expect(Number(number)).toBe(next)
      isGap = gap === 'gap'
      since = 0
      if (isGap) gaps++
      else expect(next === 1200 || (known.lastUpTo(next) as number | undefined) === next).toBe(true)
    }
    expect(gaps).toBe(name === 'all known' ? 0 : 1)
  })
})

describe('entries that were compressed before they changed', () => {
  test('are not sent after a truncation and a rewrite', async () => {
    const { log, sent } = logOf(900, { inMemory: false })
    using sockets = new ServerSockets()
    await using server = await TestServer.start(log)
    using stuck = await ask(server)
    // What is compressed is kept as long as there is a reader, and this one is not far.
    ;(await sockets.accepted(stuck.socket)).cork()
    stuck.send(start(0))
    using first = await ask(server)
    first.send(start(0))
    await first.read(OK.length)
    const all = concat(sent)
    expect(Buffer.compare((await receive(first, all.length)).plain, all)).toBe(0)
    const { position } = await log.log.locate(300)
    await log.truncate(300)
    const random = randomFrom(7)
    const other = Array.from({ length: 600 }, () => log.add(2, text(2000, random)))
    log.commit()
    expect((await log.log.locate(300)).position).toBe(position)
    const rewritten = concat([...sent.slice(0, 300), ...other])
    using second = await ask(server)
    second.send(start(0))
    await second.read(OK.length)
    expect(Buffer.compare((await receive(second, rewritten.length)).plain, rewritten)).toBe(0)
    expect(await server.whenClosed(1)).toEqual(['TRUNCATED'])
    expect(await server.server.connections()).toMatchObject([{ state: 'streaming' }, { state: 'streaming' }])
  })

  test('are not sent after an update in place', async () => {
    const { log, sent } = logOf(900, { inMemory: false })
    await using server = await TestServer.start(log)
    using _watcher = await watch(server, sent.length)
    for (let round = 0; round < 3; round++) {
      using client = await ask(server)
      client.send(start(0))
      await client.read(OK.length)
      const all = concat(sent)
      expect(Buffer.compare((await receive(client, all.length)).plain, all)).toBe(0)
      const number = 100 + 200 * round
      const { position } = await log.log.locate(number)
      const changed = sent[number]?.slice().fill(round + 1, 17) ?? new Uint8Array()
      await log.log.change(async () => log.file.put(changed, position))
      sent[number] = changed
    }
  })

  test('nor while they are being compressed', async () => {
    const { log, sent } = logOf(900, { inMemory: false })
    await using server = await TestServer.start(log)
    using client = await ask(server)
    let reads = 0
    const kept = 600
    const random = randomFrom(8)
    const other: Uint8Array[] = []
    const { position } = await log.log.locate(kept)
    // Every run that reaches beyond what is kept is changed right after it was read the first time.
    log.file.beforeRead = async (at) => {
      if (other.length > 0 || at + MOST_RUN_BYTES < position || reads++ < 1) return
      await log.truncate(kept)
      for (let i = 0; i < 300; i++) other.push(log.add(2, text(1000, random)))
      log.commit()
    }
    client.send(start(0))
    await client.read(OK.length)
    const bytes = concat(sent.slice(0, kept)).length
    const got = await receive(client, bytes + 300 * 1017)
    expect(other).toHaveLength(300)
    expect(Buffer.compare(got.plain, concat([...sent.slice(0, kept), ...other]))).toBe(0)
    expect(server.closed).toEqual([])
  })
})

test('of what a reader does not take one run waits in its socket', async () => {
  const { log } = logOf(4000, { inMemory: false })
  using sockets = new ServerSockets()
  await using server = await TestServer.start(log, { writeTimeoutMs: 1_000_000 })
  const clients = await Promise.all(Array.from({ length: 30 }, () => ask(server)))
  for (const client of clients) {
    client.socket.pause()
    client.send(start(0))
  }
  for (const client of clients) await sockets.untilWaiting(client.socket)
  await turns()
  for (const client of clients) {
    expect(sockets.of(client.socket).writableLength).toBeLessThanOrEqual(MOST_RUN_BYTES)
    client[Symbol.dispose]()
  }
})

test('Stop takes effect between two runs', async () => {
  const { log, sent } = logOf(4000, { inMemory: false })
  using sockets = new ServerSockets()
  await using server = await TestServer.start(log)
  using client = await ask(server)
  client.socket.pause()
  client.send(start(0))
  const { bytesRead } = await sockets.untilWaiting(client.socket)
  client.send({ name: 'stop' })
  client.send({ name: 'header' })
  await until(() => sockets.of(client.socket).bytesRead > bytesRead)
  client.socket.end()
  client.socket.resume()
  const got = unpack(await client.rest())
  const packets = packetsIn(got.plain)
  const entries = packets.slice(1, -3)
  expect(entries).toEqual(Array.from({ length: entries.length }, (_, i) => `entry ${i}`))
  expect(entries.length).toBeLessThan(sent.length)
  expect([packets[0], ...packets.slice(-3)]).toEqual(['result 0', 'result 0', 'result 0', 'header 4000'])
})

test('a connection that asked for some entry types too gets packets as they are, until it wants all types again', async () => {
  const log = new TestLog({ inMemory: false })
  const random = randomFrom(11)
  const sent = Array.from({ length: 300 }, (_, i) => log.add(1 + (i % 2), text(2000, random)))
  log.commit()
  await using server = await TestServer.start(log)
  const filters = [{ name: 'filters' }, { name: 'entryTypes', types: [2] }] as const
  const compression = { name: 'compression' } as const
  for (const commands of [
    [compression, ...filters],
    [...filters, compression],
  ] as const) {
    using client = await server.connect()
    for (const command of commands) client.send(command)
    await client.read(commands.length * OK.length)
    client.send(start(0))
    await client.read(OK.length)
    // The last entry is wanted, so that nothing follows it.
    const packets = await client.packetsUntil('entry 299')
    expect(packets[0]).toBe('progress 0')
    const others = packets.filter((packet) => !packet.startsWith('progress'))
    expect(others).toEqual(Array.from({ length: 150 }, (_, i) => `entry ${2 * i + 1}`))
    expect(await client.stopped()).toEqual([])
    expect(await runsAt(server)).toBe(0)
    if (commands[0] === compression) continue
    client.send({ name: 'entryTypes', types: [] })
    client.send(start(0))
    await client.read(2 * OK.length)
    const { plain, compressed } = await receive(client, concat(sent).length)
    expect(Buffer.compare(plain, concat(sent))).toBe(0)
    expect(compressed).toBeGreaterThan(2)
  }
})

describe('the command', () => {
  test('is answered with OK while stopped, any number of times, and is a breach while streaming', async () => {
    const { log } = logOf(1)
    await using server = await TestServer.start(log)
    using client = await ask(server)
    client.send({ name: 'compression' })
    client.send(start(1))
    client.send({ name: 'compression' })
    expect(packetsIn(await client.rest())).toEqual(['result 0', 'result 0', 'result 1'])
    client.socket.end()
    expect(await server.whenClosed(1)).toEqual(['BAD_STATE'])
  })

  test('is unknown to a server without it, also while streaming', async () => {
    const { log } = logOf(1)
    await using server = await TestServer.start(log, { compression: false })
    for (const before of [[], [start(1)]] as const) {
      using client = await server.connect()
      for (const command of before) client.send(command)
      client.send({ name: 'compression' })
      expect(packetsIn(await client.rest())).toEqual([...before.map(() => 'result 0'), 'result 9'])
      client.socket.end()
    }
    expect(await server.whenClosed(2)).toEqual(['BAD_COMMAND UNKNOWN_COMMAND', 'BAD_COMMAND UNKNOWN_COMMAND'])
  })

  test('is for its own connection only', async () => {
    const { log, sent } = logOf(900)
    await using server = await TestServer.start(log)
    using client = await ask(server)
    using other = await server.connect()
    for (const each of [client, other]) each.send(start(0))
    const all = concat([OK, ...sent])
    expect(Buffer.compare(await other.read(all.length), all)).toBe(0)
  })
})

test('operations in compressed packets are those that were added: a seeded mixture of all', async () => {
  for (let seed = 10; seed < 14; seed++) {
    const random = randomFrom(seed)
    const log = new TestLog({ keepPages: 1 + random(3), inMemory: random(2) === 0 })
    let sent: Uint8Array[] = []
    await using server = await TestServer.start(log)
    const readers: { readonly client: RawClient; readonly from: number }[] = []
    for (let operation = 0; operation < 40; operation++) {
      const entries = random(10) === 0 ? 400 : random(20)
      for (let i = 0; i < entries; i++) sent.push(log.add(2, text(random(random(2) === 0 ? 200 : 4000), random)))
      log.commit()
      if (random(4) === 0) {
        const client = await ask(server)
        const from = random(sent.length + 1)
        client.send(start(from))
        readers.push({ client, from })
      }
      if (random(8) === 0 && readers.length === 0) {
        const left = random(sent.length + 1)
        await log.truncate(left)
        sent = sent.slice(0, left)
      }
      await turns()
    }
    for (const { client, from } of readers) {
      await client.read(OK.length)
      const expected = concat(sent.slice(from))
      const { plain } = await receive(client, expected.length)
      expect(Buffer.compare(plain, expected)).toBe(0)
      client[Symbol.dispose]()
    }
  }
})

import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { connect } from 'node:tls'
import { hasOpenssl, makeCertificate, tempDir } from '@datastreamer/fixtures'
import { encodeEntry, encodeResult, PAGE_BYTES } from '@datastreamer/format'
import { systemClock } from '@datastreamer/runtime'
import { ManualClock, until } from '@datastreamer/runtime/testing'
import { openReader, openStore, type StoreOptions, type StreamStore } from '@datastreamer/store'
import { concat } from '@datastreamer/store/testing'
import { describe, expect, test } from 'vitest'
import { StreamServer } from '../src/stream-server.ts'
import { packetsIn, RawClient as Raw, type RawClient, TestServer } from './tcp-client.ts'
import { receive } from './unpack.ts'

const OK = encodeResult(0)
const HEADER_ANSWER_BYTES = OK.length + 38
const THREADS = 2

/** A stream in a file, and a server with threads. */
class World implements AsyncDisposable {
  readonly store: StreamStore
  readonly server: TestServer
  readonly #dir: ReturnType<typeof tempDir>

  private constructor(dir: ReturnType<typeof tempDir>, store: StreamStore, server: TestServer) {
    this.#dir = dir
    this.store = store
    this.server = server
  }

  static async begin(
    options: Parameters<typeof TestServer.start>[1] = {},
    storeOptions: Partial<StoreOptions> = {},
  ): Promise<World> {
    const dir = tempDir()
    const store = await openStore({ file: dir.join('s.bin'), fsync: 'never', ...storeOptions })
    const server = await TestServer.start(store, { readerThreads: THREADS, ...options })
    return new World(dir, store, server)
  }

  /** Commit an operation: a bookmark, and entries of so many bytes. */
  async commit(entries: number, bytes = 10): Promise<void> {
    const number = Number(this.store.nextEntry)
    await this.store.atomic((operation) => {
      operation.addBookmark(bookmarkOf(number))
      for (let i = 1; i <= entries; i++) operation.addEntry(1, new Uint8Array(bytes).fill(number + i))
    })
  }

  connect(): Promise<RawClient> {
    return this.server.connect()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]()
    await this.store.close()
    this.#dir[Symbol.dispose]()
  }
}

function bookmarkOf(number: number): Uint8Array {
  return Uint8Array.of(0xb, number >> 8, number)
}

const numbered = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `entry ${from + i}`)

test('clients are served from file and memory, live, in any thread', async () => {
  await using world = await World.begin({}, { tailPages: 1 })
  for (let i = 0; i < 4; i++) await world.commit(1, PAGE_BYTES / 2)
  const clients = await Promise.all(Array.from({ length: 12 }, () => world.connect()))
  for (const client of clients) client.send({ name: 'start', fromEntryNumber: 0n })
  await world.commit(2)
  for (const client of clients) {
    expect(await client.packetsUntil('entry 10')).toEqual(['result 0', ...numbered(0, 11)])
  }
  await world.commit(1)
  for (const client of clients) expect(await client.packetsUntil('entry 12')).toEqual(numbered(11, 13))
  const ids = (await world.server.server.connections()).map(({ id }) => id)
  expect(new Set(ids).size).toBe(12)
  for (const client of clients) client.socket.end()
  expect(await world.server.whenClosed(12)).toEqual(Array.from({ length: 12 }, () => 'CLIENT_ENDED'))
})

test('every command is answered as without threads', async () => {
  await using world = await World.begin()
  await world.commit(2)
  await world.commit(2)
  using client = await world.connect()
  client.send({ name: 'entry', entryNumber: 1n })
  client.send({ name: 'entry', entryNumber: 99n })
  client.send({ name: 'bookmark', bookmark: bookmarkOf(3) })
  client.send({ name: 'bookmark', bookmark: bookmarkOf(77) })
  client.send({ name: 'startBookmark', bookmark: bookmarkOf(77) })
  client.send({ name: 'operationBoundaries' })
  client.send({ name: 'rangeBookmark', from: bookmarkOf(0), to: bookmarkOf(3) })
  const RANGE_END_BYTES = 8
  const answers = [
    'result 0',
    'response 1',
    'result 0',
    'response 0',
    'result 0',
    'response 4',
    'result 0',
    'response 0',
  ]
  const sizes = OK.length * 4 + (17 + 10) * 2 + 17 * 2
  expect(packetsIn(await client.read(sizes))).toEqual(answers)
  const refused = encodeResult(4)
  expect(packetsIn(await client.read(refused.length + 2 * OK.length))).toEqual(['result 4', 'result 0', 'result 0'])
  expect(await client.readHex(RANGE_END_BYTES)).toBe('0000000000000003')
  client.send({ name: 'header' })
  expect(await client.packetsUntil('header 6')).toEqual([
    'end 0',
    'entry 0',
    'entry 1',
    'entry 2',
    'end 3',
    'entry 3',
    'result 0',
    'header 6',
  ])
})

test('who asks after a commit was answered gets what was committed', async () => {
  await using world = await World.begin()
  const clients = await Promise.all(Array.from({ length: 4 }, () => world.connect()))
  for (let i = 1; i <= 50; i++) {
    await world.commit(1)
    // Nothing else happens in this thread before that.
    for (const client of clients) client.send({ name: 'header' })
    for (const client of clients) {
      expect(packetsIn(await client.read(HEADER_ANSWER_BYTES))).toEqual(['result 0', `header ${2 * i}`])
    }
  }
  for (const client of clients) client.socket.destroy()
})

test('a truncation closes those who are past it, in every thread, before anything else is committed', async () => {
  await using world = await World.begin()
  for (let i = 0; i < 5; i++) await world.commit(1)
  const past = await Promise.all(Array.from({ length: 6 }, () => world.connect()))
  for (const client of past) client.send({ name: 'start', fromEntryNumber: 0n })
  for (const client of past) await client.packetsUntil('entry 9')
  await world.store.truncateFile(4n)
  expect(await world.server.whenClosed(6)).toEqual(Array.from({ length: 6 }, () => 'TRUNCATED'))
  await world.commit(3)
  using after = await world.connect()
  after.send({ name: 'start', fromEntryNumber: 0n })
  expect(await after.packetsUntil('entry 7')).toEqual(['result 0', ...numbered(0, 8)])
  for (const client of past) client.socket.destroy()
})

test('an entry that was changed in place is sent as it is now', async () => {
  await using world = await World.begin()
  await world.commit(1)
  await world.store.updateEntryData(1n, 1, new Uint8Array(10).fill(0xaa))
  using client = await world.connect()
  client.send({ name: 'entry', entryNumber: 1n })
  const answer = await client.read(OK.length + 17 + 10)
  expect(answer.subarray(-10)).toEqual(new Uint8Array(10).fill(0xaa))
})

test('compressed streams hold what others do, in every thread, also after an update in place', async () => {
  await using world = await World.begin({}, { tailPages: 1 })
  const { store, server } = world
  const clients: RawClient[] = []
  const all = async (): Promise<Uint8Array> => {
    const entries: Uint8Array[] = []
    for await (const entry of store.entries({ follow: false })) entries.push(encodeEntry(entry))
    return concat(entries)
  }
  /** So many that every thread has some. */
  const catchUp = async (): Promise<void> => {
    const expected = await all()
    await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        const client = await world.connect()
        clients.push(client)
        const isCompressed = i < 16
        if (isCompressed) client.send({ name: 'compression' })
        client.send({ name: 'start', fromEntryNumber: 0n })
        await client.read(OK.length * (isCompressed ? 2 : 1))
        const { plain, compressed } = await receive(client, expected.length)
        expect(Buffer.compare(plain, expected)).toBe(0)
        expect(compressed > 0).toBe(isCompressed)
      }),
    )
  }
  const runs = async (): Promise<number> => (await server.server.counters()).compression.runs
  for (let i = 0; i < 4; i++) await world.commit(400, 2000)
  const LEAST_RUNS = 3.2e6 / (192 * 1024)
  await catchUp()
  // Once in each thread.
  const first = await runs()
  expect(first).toBeGreaterThan(THREADS * LEAST_RUNS)
  await catchUp()
  expect(await runs()).toBe(first)
  const before = await all()
  await world.commit(100, 2000)
  const live = (await all()).subarray(before.length)
  for (const client of clients) expect(Buffer.compare((await receive(client, live.length)).plain, live)).toBe(0)
  await store.updateEntryData(777n, 1, new Uint8Array(2000).fill(0xaa))
  await catchUp()
  expect(await runs()).toBeGreaterThan(first + THREADS * LEAST_RUNS)
  const { compression, bytesSent } = await server.server.counters()
  expect(compression.bytesSent).toBeLessThan(bytesSent)
  expect(compression.bytesBefore).toBeGreaterThan(3 * 16 * 3e6)
  for (const client of clients) client.socket.destroy()
})

test('limits hold for all threads together', async () => {
  await using world = await World.begin({ maxConnections: 5, maxConnectionsPerAddress: 3 })
  const clients: RawClient[] = []
  for (let i = 0; i < 3; i++) {
    const client = await world.connect()
    client.send({ name: 'header' })
    await client.read(HEADER_ANSWER_BYTES)
    clients.push(client)
  }
  for (let i = 0; i < 6; i++) {
    using rejected = await world.connect()
    await rejected.closed
  }
  clients[0]?.socket.destroy()
  await world.server.whenClosed(1)
  using next = await world.connect()
  next.send({ name: 'header' })
  await next.read(HEADER_ANSWER_BYTES)
  expect(await world.server.server.counters()).toMatchObject({
    accepted: 4,
    rejected: { MAX_CONNECTIONS_PER_ADDRESS: 6 },
    closed: { CLIENT_ENDED: 1 },
  })
  for (const client of clients) client.socket.destroy()
})

test('status and counters are those of all threads', async () => {
  await using world = await World.begin({ closeOnStateError: false })
  await world.commit(1)
  const clients = await Promise.all(Array.from({ length: 8 }, () => world.connect()))
  for (const client of clients) {
    client.send({ name: 'start', fromEntryNumber: 1n })
    await client.packetsUntil('entry 1')
    client.send({ name: 'header' })
    await client.packetsUntil('result 1')
  }
  const { server } = world.server
  const bytes = OK.length + 17 + 10 + encodeResult(1).length
  expect(await server.connections()).toEqual(
    expect.arrayContaining(
      clients.map(({ socket }) =>
        expect.objectContaining({ remotePort: socket.localPort, state: 'streaming', lagEntries: 0, bytesSent: bytes }),
      ),
    ),
  )
  const all = { accepted: 8, bytesSent: 8 * bytes, refused: { 1: 8 }, rejected: {} }
  expect(await server.counters()).toMatchObject(all)
  for (const client of clients) client.socket.end()
  await world.server.whenClosed(8)
  expect(await server.counters()).toMatchObject({ ...all, closed: { CLIENT_ENDED: 8 } })
  expect(await server.connections()).toEqual([])
  const types = world.server.events.map(({ type }) => type)
  expect(types.filter((type) => type === 'listening')).toHaveLength(1)
  for (const type of ['connected', 'streaming', 'refused', 'closed'])
    expect(types.filter((other) => other === type)).toHaveLength(8)
})

test('what a client does faster than events are handled is counted all the same', async () => {
  await using world = await World.begin({ closeOnStateError: false })
  using client = await world.connect()
  const COUNT = 5000
  for (let i = 0; i < COUNT; i++) client.send({ name: 'stop' })
  client.send({ name: 'header' })
  await client.read(COUNT * encodeResult(2).length + HEADER_ANSWER_BYTES)
  expect(await world.server.server.counters()).toMatchObject({ refused: { 2: COUNT } })
  client.socket.end()
  await world.server.whenClosed(1)
})

test('damage is reported, and can be read again once it is gone', async () => {
  using dir = tempDir()
  const file = dir.join('s.bin')
  await using store = await openStore({ file, fsync: 'never', fileCheckMs: 0 })
  await store.atomic((operation) => void operation.addEntry(1, new Uint8Array(10)))
  // Pages that were in memory before are read from the file.
  await using server = await TestServer.start(store, { readerThreads: THREADS })
  const bytes = readFileSync(file)
  const whole = Uint8Array.from(bytes)
  bytes.fill(0xff, 4096, 4100)
  writeFileSync(file, bytes)
  using client = await server.connect()
  client.send({ name: 'start', fromEntryNumber: 0n })
  expect(await server.whenClosed(1)).toEqual(['READ_FAILED BAD_PACKET'])
  const error = server.events.find((event) => event.type === 'error')
  expect(error?.error).toMatchObject({ code: 'BAD_PACKET', message: expect.stringContaining('byte 4096') })
  await expect(error?.again()).rejects.toMatchObject({ code: 'BAD_PACKET' })
  writeFileSync(file, whole)
  await error?.again()
})

test('a followed file is served as it is, whatever its writer does', async () => {
  using dir = tempDir()
  const file = dir.join('s.bin')
  await using store = await openStore({ file, fsync: 'never' })
  const write = (value: number): Promise<unknown> =>
    store.atomic((operation) => void operation.addEntry(1, new Uint8Array(10).fill(value)))
  await write(1)
  await write(2)
  await using reader = await openReader({ file, follow: true })
  await using server = await TestServer.start(reader, { readerThreads: THREADS })
  using client = await server.connect()
  client.send({ name: 'start', fromEntryNumber: 0n })
  await client.packetsUntil('entry 1')
  await write(3)
  expect(await client.packetsUntil('entry 2')).toEqual(['entry 2'])
  await store.truncateFile(1n)
  expect(await server.whenClosed(1)).toEqual(['TRUNCATED'])
  await write(7)
  await until(() => reader.log.header.totalEntries === 2n)
  using next = await server.connect()
  next.send({ name: 'entry', entryNumber: 1n })
  expect((await next.read(OK.length + 27)).at(-1)).toBe(7)
})

test('a port that another has is refused, and may be tried again', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as { port: number }
  using dir = tempDir()
  await using store = await openStore({ file: dir.join('s.bin'), fsync: 'never' })
  await using server = new StreamServer({ store, readerThreads: THREADS })
  await expect(server.listen({ port })).rejects.toMatchObject({ code: 'LISTEN_FAILED' })
  await expect(server.listen({ port: 0, host: '192.0.2.1' })).rejects.toMatchObject({ code: 'LISTEN_FAILED' })
  taken.close()
  await once(taken, 'close')
  await server.listen({ port })
  expect(server.address?.port).toBe(port)
  await expect(server.listen({ port: 0 })).rejects.toThrow(TypeError)
  // Those who would share it are refused too.
  await using second = new StreamServer({ store, readerThreads: THREADS })
  await expect(second.listen({ port })).rejects.toMatchObject({ code: 'LISTEN_FAILED' })
  using client = await Raw.connect(port)
  client.send({ name: 'header' })
  await client.read(HEADER_ANSWER_BYTES)
})

test('threads have the clock and the network of the machine', async () => {
  using dir = tempDir()
  await using store = await openStore({ file: dir.join('s.bin'), fsync: 'never' })
  expect(() => new StreamServer({ store, readerThreads: 1, clock: new ManualClock() })).toThrow(TypeError)
  await using server = new StreamServer({ store, readerThreads: 1, clock: systemClock })
  await server.listen({ port: 0 })
})

test('a server that closes lets clients have what was written', async () => {
  const world = await World.begin()
  await world.commit(3)
  using client = await world.connect()
  client.send({ name: 'start', fromEntryNumber: 0n })
  await client.packetsUntil('entry 3')
  await world[Symbol.asyncDispose]()
  expect(await client.rest()).toEqual(new Uint8Array())
  expect(world.server.closed).toEqual(['SERVER_CLOSED'])
  await expect(Raw.connect(world.server.port)).rejects.toThrow()
})

describe.skipIf(!hasOpenssl())('TLS', () => {
  test('is renewed in every thread, or in none', async () => {
    using dir = tempDir()
    for (const name of ['first', 'second']) makeCertificate(dir.path, name)
    const pem = (name: string): { key: string; cert: string } => {
      return { key: readFileSync(dir.join(`${name}.key`), 'utf8'), cert: readFileSync(dir.join(`${name}.crt`), 'utf8') }
    }
    await using store = await openStore({ file: dir.join('s.bin'), fsync: 'never' })
    await using server = new StreamServer({ store, readerThreads: THREADS })
    await server.listen({ port: 0, tls: pem('first') })
    const shown = async (): Promise<string> => {
      const socket = connect({ port: server.address?.port ?? 0, host: '127.0.0.1', rejectUnauthorized: false })
      await once(socket, 'secureConnect')
      const { fingerprint256 } = socket.getPeerCertificate()
      socket.destroy()
      return fingerprint256
    }
    const allShown = async (): Promise<number> => new Set(await Promise.all(Array.from({ length: 8 }, shown))).size
    const before = await shown()
    expect(await allShown()).toBe(1)
    expect(() => server.renewTls({ key: 'none', cert: 'none' })).toThrow()
    expect(await shown()).toBe(before)
    server.renewTls(pem('second'))
    // It is sent to the threads before anything that is asked of them later.
    await server.connections()
    expect(await allShown()).toBe(1)
    expect(await shown()).not.toBe(before)
    await using plain = new StreamServer({ store, readerThreads: THREADS })
    await plain.listen({ port: 0 })
    expect(() => plain.renewTls(pem('second'))).toThrow(TypeError)
  })
})

import { setImmediate as turn } from 'node:timers/promises'
import { oneOf, type Random, randomFrom } from '@datastreamer/fixtures/random'
import { BOOKMARK_TYPE, decodeEntry, type Entry, encodeEntry, encodeResult } from '@datastreamer/format'
import { turns, until } from '@datastreamer/runtime/testing'
import { concat, TestLog } from '@datastreamer/store/testing'
import { describe, expect, test, vi } from 'vitest'
import { EntryFilter } from '../src/tcp/entry-filter.ts'
import { FilterResults } from '../src/tcp/filter-results.ts'
import { FilteredReader } from './filtered-reader.ts'
import { ServerSockets } from './server-sockets.ts'
import { packetsIn, TestServer } from './tcp-client.ts'

type TestLogOptions = NonNullable<ConstructorParameters<typeof TestLog>[0]>

const OK = encodeResult(0)
const TYPES = [1, 2, 0xffff_ffff, BOOKMARK_TYPE]
/** Every choice of types but none. */
const CHOICES = Array.from({ length: 15 }, (_, i) => TYPES.filter((_type, bit) => ((i + 1) >> bit) & 1))
const start = (from: number) => ({ name: 'start', fromEntryNumber: BigInt(from) }) as const

/** A log of random entries, and the entries. */
class RandomLog {
  readonly log: TestLog
  readonly random: Random
  entries: Entry[] = []

  constructor(random: Random, options: TestLogOptions) {
    this.random = random
    this.log = new TestLog(options)
  }

  /** Add entries of one or of many types. */
  add(count: number): void {
    const types = this.random(2) === 0 ? TYPES : [oneOf(TYPES, this.random)]
    for (let i = 0; i < count; i++) {
      const type = oneOf(types, this.random)
      const most = this.random(40) === 0 ? 200_000 : 60
      const length = 2 + this.random(type === BOOKMARK_TYPE ? 14 : most)
      this.#add(type, new Uint8Array(length).fill(this.random(256)))
    }
  }

  addBookmark(key: number): void {
    this.#add(BOOKMARK_TYPE, Uint8Array.of(key))
  }

  commit(): void {
    this.log.commit()
  }

  async truncate(number: number): Promise<void> {
    await this.log.truncate(number)
    this.entries = this.entries.slice(0, number)
  }

  of(types: readonly number[], from: number, to: number = this.entries.length): Entry[] {
    return this.entries.slice(from, to).filter(({ type }) => types.includes(type))
  }

  #add(type: number, data: Uint8Array): void {
    const entry = decodeEntry(this.log.add(type, data))
    if (entry !== undefined) this.entries.push(entry)
  }
}

const MEMORY: readonly (readonly [string, TestLogOptions])[] = [
  ['memory', { keepPages: 1000 }],
  ['memory and disk', { keepPages: 1 }],
  ['disk', { inMemory: false }],
  ['disk, few bytes at a time', { inMemory: false, readBytes: 200 }],
]

describe('the entries of the types asked for, and how far the server has looked', () => {
  test.each(MEMORY)('from %s, while operations are committed and truncated', async (_name, options) => {
    const random = randomFrom(options.readBytes ?? options.keepPages ?? 7)
    for (const types of CHOICES) {
      const made = new RandomLog(random, options)
      for (let i = random(6); i > 0; i--) made.add(random(300))
      made.commit()
      await using server = await TestServer.start(made.log)
      for (let lost = 0; lost < 3; ) {
        using client = await server.connect()
        const reader = new FilteredReader(client, types, () => made.entries)
        const from = random(made.entries.length + 1)
        client.send(start(from))
        for (let i = 0; i < 4; i++) {
          made.add(1 + random(20))
          made.commit()
          await turn()
        }
        const { length } = made.entries
        await reader.reach(length)
        expect(reader.entries).toEqual(made.of(types, from))
        expect(reader.results).toEqual([0, 0, 0])
        const left = length - random(3)
        await made.truncate(left)
        if (left === length) {
          client.send({ name: 'stop' })
          await until(() => reader.results.length === 4)
          expect(reader.results.at(-1)).toBe(0)
          client.socket.end()
          await client.closed
        } else {
          lost++
          await client.closed
        }
        expect(reader.faults).toEqual([])
      }
      const lost = (await server.whenClosed(3)).filter((reason) => reason === 'TRUNCATED')
      expect(lost).toHaveLength(3)
    }
  })

  test.each(MEMORY)('in ranges, with operation boundaries, from %s', async (_name, options) => {
    const random = randomFrom(11)
    for (const types of CHOICES) {
      const made = new RandomLog(random, options)
      made.add(random(50))
      made.addBookmark(0xaa)
      made.add(random(500))
      made.addBookmark(0xbb)
      const end = made.entries.length
      made.add(random(50))
      made.commit()
      const from = made.entries.findIndex(({ data }) => data.length === 1)
      await using server = await TestServer.start(made.log)
      using client = await server.connect()
      client.send({ name: 'operationBoundaries' })
      await client.read(OK.length)
      const reader = new FilteredReader(client, types, () => made.entries, true)
      client.send({ name: 'rangeBookmark', from: Uint8Array.of(0xaa), to: Uint8Array.of(0xbb) })
      await reader.reach(end)
      expect(reader.rangeEnd).toBe(BigInt(end - 1))
      expect(reader.entries).toEqual(made.of(types, from, end))
      expect(reader.position).toBe(end)
      // All types again, from the head of the same connection.
      client.send({ name: 'entryTypes', types: [] })
      client.send({ name: 'header' })
      await until(() => reader.results.length === 5)
      expect(reader.faults).toEqual(['a header'])
    }
  })

  test('at a bookmark, that is known to begin there though it is not sent', async () => {
    const made = new RandomLog(randomFrom(3), {})
    made.add(20)
    made.addBookmark(0xcc)
    made.commit()
    await using server = await TestServer.start(made.log)
    using client = await server.connect()
    const reader = new FilteredReader(client, [77], () => made.entries)
    client.send({ name: 'startBookmark', bookmark: Uint8Array.of(0xcc) })
    await reader.reach(21)
    expect(reader.progresses).toEqual([20, 21])
    made.add(3)
    made.commit()
    await reader.reach(24)
    expect(reader.entries).toEqual([])
  })

  test('operation boundaries say which entry is next of all, and stand where the reader is', async () => {
    const log = new TestLog()
    const history: Entry[] = []
    const add = (type: number): void => {
      const entry = decodeEntry(log.add(type, Uint8Array.of(9, 9)))
      if (entry !== undefined) history.push(entry)
    }
    for (const type of [1, 2, 1, 2, 2]) add(type)
    log.commit()
    await using server = await TestServer.start(log)
    using client = await server.connect()
    client.send({ name: 'operationBoundaries' })
    client.send({ name: 'entryTypes', types: [1] })
    client.send(start(0))
    const caughtUp = await client.packetsUntil('end 5')
    expect(caughtUp.slice(3)).toEqual(['progress 0', 'end 0', 'entry 0', 'entry 2', 'progress 5', 'end 5'])
    add(2)
    log.commit()
    expect(await client.packetsUntil('end 6')).toEqual(['progress 6', 'end 6'])
    add(1)
    log.commit()
    expect((await client.packetsUntil('end 7')).slice(-2)).toEqual(['entry 6', 'end 7'])
  })

  test('for no longer than they are asked for, and not while streaming', async () => {
    const log = new TestLog()
    log.addMany(2, 10)
    log.commit()
    await using server = await TestServer.start(log, { closeOnStateError: false })
    using client = await server.connect()
    client.send({ name: 'entryTypes', types: [9] })
    client.send(start(0))
    client.send({ name: 'filters' })
    client.send({ name: 'entryTypes', types: [] })
    client.send({ name: 'stop' })
    client.send({ name: 'entryTypes', types: [] })
    client.send(start(0))
    const packets = await client.packetsUntil('entry 1')
    expect(packets).toEqual([
      ...['result 0', 'result 0', 'progress 0', 'progress 2', 'result 1', 'result 1'],
      ...['result 0', 'result 0', 'result 0', 'entry 0', 'entry 1'],
    ])
  })
})

test.each([
  ['memory', true],
  ['disk', false],
])('Stop in the middle of catching up from %s leaves the client where it can go on', async (_name, inMemory) => {
  const log = new TestLog({ inMemory })
  const history: Entry[] = []
  for (let i = 0; i < 400; i++) {
    const entry = decodeEntry(log.add(1 + (i % 2), new Uint8Array(50_000)))
    if (entry !== undefined) history.push(entry)
  }
  log.commit()
  using sockets = new ServerSockets()
  await using server = await TestServer.start(log)
  using client = await server.connect()
  const reader = new FilteredReader(client, [2], () => history)
  await until(() => reader.results.length === 2)
  client.socket.pause()
  client.send(start(0))
  const { bytesRead } = await sockets.untilWaiting(client.socket)
  client.send({ name: 'stop' })
  await until(() => sockets.of(client.socket).bytesRead > bytesRead)
  client.socket.resume()
  await until(() => reader.results.length === 4)
  expect([reader.results, reader.faults]).toEqual([[0, 0, 0, 0], []])
  const { position = 0 } = reader
  expect(position).toBeLessThan(400)
  reader.position = undefined
  client.send(start(position))
  await reader.reach(400)
  expect(reader.entries.map(({ number }) => Number(number))).toEqual(Array.from({ length: 200 }, (_, i) => 2 * i + 1))
})

/** A log on disk of entries of type 2, and these. */
function logOfMany(count: number, dataBytes: number): { readonly log: TestLog; readonly history: Entry[] } {
  const log = new TestLog({ inMemory: false })
  const history: Entry[] = []
  for (let i = 0; i < count; i++) {
    const entry = decodeEntry(log.add(2, new Uint8Array(dataBytes)))
    if (entry !== undefined) history.push(entry)
  }
  log.commit()
  return { log, history }
}

describe('a stream of nothing that is wanted', () => {
  test('is never silent for longer than it takes to look at a page', async () => {
    const { log, history } = logOfMany(40_000, 100)
    await using server = await TestServer.start(log)
    using client = await server.connect()
    const reader = new FilteredReader(client, [3], () => history)
    client.send(start(0))
    await reader.reach(history.length)
    // A page, at most.
    expect(reader.farthest).toBeLessThanOrEqual(1_048_576 / 117)
    expect(reader.farthest).toBeGreaterThan(65_536 / 117)
  })

  test('of small entries is looked at a few thousand at a time', async () => {
    const { log, history } = logOfMany(100_000, 0)
    await using server = await TestServer.start(log)
    using client = await server.connect()
    const reader = new FilteredReader(client, [3], () => history)
    client.send(start(0))
    await reader.reach(history.length)
    expect(reader.farthest).toBeLessThanOrEqual(8192)
    expect(reader.farthest).toBeGreaterThan(4096)
  })
})

test('a stream that begins while the log is truncated begins with what is there then', async () => {
  const made = new RandomLog(randomFrom(5), { inMemory: false })
  made.add(30)
  made.commit()
  await using server = await TestServer.start(made.log)
  using client = await server.connect()
  const reader = new FilteredReader(client, [1], () => made.entries)
  await until(() => reader.results.length === 2)
  // Where it begins is found; the entry before that is another when it is read.
  const { log } = made.log
  const entry = log.entry.bind(log)
  const read = vi.spyOn(log, 'entry').mockImplementationOnce(async (number) => {
    await made.truncate(10)
    made.add(20)
    made.commit()
    return entry(number)
  })
  client.send(start(12))
  await reader.reach(made.entries.length)
  expect(reader.progresses[0]).toBe(12)
  expect(reader.entries).toEqual(made.of([1], 12))
  expect(read).toHaveBeenCalledTimes(2)
})

test('a truncation before where a reader has come ends it, though nothing was sent', async () => {
  const log = new TestLog()
  log.addMany(10, 10)
  log.commit()
  await using server = await TestServer.start(log)
  using client = await server.connect()
  client.send({ name: 'entryTypes', types: [9] })
  client.send(start(0))
  expect(await client.packetsUntil('progress 10')).toEqual(['result 0', 'result 0', 'progress 0', 'progress 10'])
  await log.truncate(9)
  await client.closed
  client.socket.end()
  expect(await server.whenClosed(1)).toEqual(['TRUNCATED'])
})

test('more than 64 types close the connection', async () => {
  const log = new TestLog()
  await using server = await TestServer.start(log)
  using client = await server.connect()
  client.sendHex('0000000000000067 0000000000000001 0041'.replaceAll(' ', ''))
  expect(await client.rest()).toEqual(new Uint8Array())
  client.socket.end()
  expect(await server.whenClosed(1)).toEqual(['BAD_COMMAND BAD_COUNT'])
})

test('a commit is looked at once for all readers at the head that want the same', async () => {
  const walked = vi.spyOn(EntryFilter.prototype, 'of')
  const filtered = vi.spyOn(FilterResults.prototype, 'of')
  try {
    const log = new TestLog()
    await using server = await TestServer.start(log)
    const clients = await Promise.all(Array.from({ length: 12 }, () => server.connect()))
    for (const [i, client] of clients.entries()) {
      client.send({ name: 'entryTypes', types: i % 2 === 0 ? [2, 5] : [5, 2, 2] })
      client.send(start(0))
      expect(await client.packetsUntil('progress 0')).toEqual(['result 0', 'result 0', 'progress 0'])
    }
    await turns()
    let made = 0
    const { of } = FilterResults.prototype
    filtered.mockRestore()
    const counting = vi.spyOn(FilterResults.prototype, 'of').mockImplementation(function (
      this: FilterResults,
      key,
      entries,
      filter,
    ) {
      return of.call(this, key, entries, () => {
        made++
        return filter()
      })
    })
    log.addMany(2, 10)
    log.add(7, new Uint8Array(3))
    log.commit()
    for (const client of clients) {
      expect(await client.packetsUntil('progress 3')).toEqual(['entry 0', 'entry 1', 'progress 3'])
    }
    counting.mockRestore()
    expect(walked).toHaveBeenCalledTimes(12)
    expect(made).toBe(1)
  } finally {
    walked.mockRestore()
  }
})

test('no more results are kept than of a few filters', () => {
  const results = new FilterResults()
  const entries = new Uint8Array(3)
  const make = vi.fn(() => [entries])
  for (let key = 0; key < 17; key++) results.of(`${key}`, entries, make)
  expect(make).toHaveBeenCalledTimes(17)
  results.of('16', entries, make)
  results.of('1', entries, make)
  expect(make).toHaveBeenCalledTimes(17)
  results.of('0', entries, make)
  results.of('1', entries.slice(), make)
  expect(make).toHaveBeenCalledTimes(19)
})

describe('the memory of a chunk', () => {
  const entries = (...types: number[]): Uint8Array =>
    concat(types.map((type, i) => encodeEntry({ type, number: BigInt(i), data: new Uint8Array(3000) })))

  /** Filter a chunk that lies in memory of its own, or of others. */
  function filtered(bytes: Uint8Array, own: Uint8Array<ArrayBuffer> | undefined, ...types: number[]) {
    const next = { position: 0, number: 4 }
    const chunk = { packets: [bytes], position: 0, next, buffer: { isLarge: true, bytes: own }, readsAhead: false }
    return EntryFilter.of(types, new FilterResults())?.of(chunk)
  }

  test('of others is not written to, and not copied if all is wanted', () => {
    const bytes = entries(1, 2, 1, 2)
    const before = bytes.slice()
    expect(packetsIn(concat(filtered(bytes, undefined, 1)?.packets ?? []))).toEqual([
      'entry 0',
      'entry 2',
      'progress 4',
    ])
    expect(bytes).toEqual(before)
    expect(filtered(bytes, undefined, 1, 2)?.packets[0]).toBe(bytes)
  })

  test('of its own holds what is left, unless that is little', () => {
    const own = new Uint8Array(80_000)
    const bytes = own.subarray(0, 4 * 3017)
    const fill = (): void => bytes.set(entries(1, 2, 1, 3))
    fill()
    const all = filtered(bytes, own, 1, 2, 3)
    expect([all?.usesBuffer, all?.packets[0]?.buffer]).toEqual([true, own.buffer])
    const two = filtered(bytes, own, 1)
    expect([two?.usesBuffer, two?.packets[0]?.buffer]).toEqual([true, own.buffer])
    expect(packetsIn(concat(two?.packets ?? []))).toEqual(['entry 0', 'entry 2', 'progress 4'])
    fill()
    const one = filtered(bytes, own, 3)
    expect(one?.usesBuffer).toBe(false)
    bytes.fill(0)
    expect(packetsIn(concat(one?.packets ?? []))).toEqual(['entry 3'])
    fill()
    expect(filtered(bytes, own, 9)).toEqual({ packets: [expect.any(Uint8Array)], usesBuffer: false })
  })
})

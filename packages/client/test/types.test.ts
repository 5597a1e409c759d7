import { createHash } from 'node:crypto'
import { tempDir } from '@datastreamer/fixtures'
import { oneOf, randomFrom } from '@datastreamer/fixtures/random'
import { type Entry, encodeEntry, encodeOperationBoundary, encodeProgress, encodeResult } from '@datastreamer/format'
import { StreamServer } from '@datastreamer/server'
import { openStore, type StreamStore } from '@datastreamer/store'
import { describe, expect, test } from 'vitest'
import { checkpointOf, StreamClient, type StreamEvent } from '../src/index.ts'
import { bookmarkAt, encodeAll, entriesOf, entryAt, headerOf, plain } from './support/entries.ts'
import { FakeServer } from './support/fake-server.ts'
import { type Fault, FaultProxy } from './support/fault-proxy.ts'
import { collect, failure, near } from './support/options.ts'
import { OK, Peer, type PeerConnection } from './support/peer.ts'

/** A progress to `nextEntry` of the stream that tests make up. */
function progress(nextEntry: number, fill = 0): Uint8Array {
  const before = nextEntry === 0 ? undefined : encodeEntry(entryAt(BigInt(nextEntry - 1), fill))
  const digest = before === undefined ? new Uint8Array(32) : createHash('sha256').update(before).digest()
  return encodeProgress({ nextEntry: BigInt(nextEntry), digest })
}

const entry = (number: number): Uint8Array => encodeAll([entryAt(BigInt(number))])
const numbersOf = (entries: readonly Entry[]): number[] => entries.map(({ number }) => Number(number))

const summary = (event: StreamEvent) => {
  if (event.kind === 'entries') return numbersOf(event.entries)
  if (event.kind === 'progress') return `progress ${event.nextEntry}`
  if (event.kind === 'operationBoundary') return `end ${event.nextEntry}`
  return event.kind === 'disconnected' ? `disconnected ${event.error.code}` : event.kind
}

/** Answer what comes before a filtered stream. */
async function filtered(connection: PeerConnection, total: number): Promise<void> {
  await connection.expect('filters', OK)
  await connection.expect('entryTypes', OK)
  await connection.expect('header', OK, headerOf(total))
}

describe('a server that knows filters', () => {
  test('is asked for the types, and says how far it has looked', async () => {
    await using peer = await Peer.listen(async (connection) => {
      await connection.expect('filters', OK)
      expect(await connection.expect('entryTypes', OK)).toMatchObject({ types: [0xb0, 7] })
      await connection.expect('header', OK, headerOf(13))
      expect(await connection.expect('start')).toMatchObject({ fromEntryNumber: 2n })
      connection.send(OK, progress(2), entry(5), progress(8), entry(10), progress(13))
    })
    await using client = new StreamClient(near(peer))
    const events = await collect(client.events({ types: [0xb0, 7, 7], from: 2, follow: false }))
    expect(events.map(summary)).toEqual(['connected', [5], 'progress 8', [10], 'progress 13'])
    expect(events[2]).toMatchObject({ checkpoint: checkpointOf(entryAt(7n)) })
    expect(peer.errors).toEqual([])
  })

  test('is asked for operation boundaries too, which stand where the client is', async () => {
    await using peer = await Peer.listen(async (connection) => {
      await connection.expect('operationBoundaries', OK)
      await filtered(connection, 8)
      const end = (nextEntry: bigint) => encodeOperationBoundary({ nextEntry, gap: false })
      await connection.expect('start', OK, progress(0), end(0n), entry(5), end(6n), progress(8), end(8n), entry(10))
    })
    await using client = new StreamClient(near(peer))
    const events = await collect(client.events({ types: [0xb0], boundaries: true, to: 10 }))
    expect(events.map(summary)).toEqual(['connected', 'end 0', [5], 'end 6', 'progress 8', 'end 8', [10]])
  })

  test('is not asked for compression: what it sends is not compressed', async () => {
    await using peer = await Peer.listen(async (connection) => {
      await filtered(connection, 1)
      await connection.expect('start', OK, progress(0), entry(0))
    })
    await using client = new StreamClient(near(peer, { compression: true }))
    const events = await collect(client.events({ types: [0xb0], follow: false }))
    expect(events[0]).toMatchObject({ kind: 'connected', compression: false })
    expect(events.slice(1).map(summary)).toEqual([[0]])
    expect(peer.errors).toEqual([])
  })

  test.each([
    ['keep', 1],
    ['close', 2],
  ] as const)('but not the types that it is sent is read wholly (%s)', async (afterwards, connections) => {
    await using peer = await Peer.listen(async (connection, index) => {
      if (index === 0) {
        await connection.expect('filters', OK)
        await connection.expect('entryTypes', encodeResult(9))
        if (afterwards === 'close') return connection.end()
      }
      await connection.expect('compression', OK)
      await connection.expect('header', OK, headerOf(2))
      await connection.expect('start', OK, entry(0), entry(1))
    })
    await using client = new StreamClient(near(peer, { compression: true }))
    expect(numbersOf(await collect(client.entries({ types: [0xb0], follow: false })))).toEqual([0])
    expect(peer.connections).toHaveLength(connections)
    expect(peer.errors).toEqual([])
  })

  test('ends a range after the last entry of another type', async () => {
    await using peer = await Peer.listen(async (connection) => {
      await filtered(connection, 30)
      const end = new Uint8Array(new BigUint64Array([20n]).buffer).reverse()
      await connection.expect('rangeBookmark', OK, end, progress(5), entry(6), progress(21))
    })
    await using client = new StreamClient(near(peer))
    const to = { bookmark: bookmarkAt(20n) }
    const events = await collect(client.events({ types: [1], from: { bookmark: bookmarkAt(5n) }, to }))
    expect(events.map(summary)).toEqual(['connected', [6], 'progress 21'])
  })

  test('is left where the last entry asked for cannot come any more', async () => {
    await using peer = await Peer.listen(async (connection) => {
      await filtered(connection, 100)
      await connection.expect('start', OK, progress(0), entry(5), entry(40))
    })
    await using client = new StreamClient(near(peer))
    expect(numbersOf(await collect(client.entries({ types: [0xb0], to: 12 })))).toEqual([5])
  })

  test.each<[string, readonly Uint8Array[], string]>([
    ['an entry that goes back', [progress(0), entry(5), entry(5)], 'GAP'],
    ['an entry below the progress', [progress(0), entry(5), progress(12), entry(10)], 'GAP'],
    ['a progress that goes back', [progress(0), entry(5), progress(5)], 'GAP'],
    ['an entry of another type', [progress(0), entry(5), entry(6)], 'UNEXPECTED_PACKET'],
    ['no progress first', [entry(5)], 'UNEXPECTED_PACKET'],
    ['a progress elsewhere first', [progress(5)], 'GAP'],
  ])('and sends %s has lost its place', async (_name, sent, code) => {
    await using peer = await Peer.listen(async (connection, index) => {
      await filtered(connection, 15)
      if (index === 0) await connection.expect('start', OK, ...sent)
      else {
        const command = await connection.expect('start')
        const from = command.name === 'start' ? Number(command.fromEntryNumber) : 0
        const rest = [5, 10].filter((number) => number >= from).map(entry)
        connection.send(OK, progress(from), ...rest, progress(15))
      }
    })
    await using client = new StreamClient(near(peer))
    const events = await collect(client.events({ types: [0xb0], follow: false }))
    expect(events.map(summary)).toContain(`disconnected ${code}`)
    const entries = events.flatMap((event) => (event.kind === 'entries' ? event.entries : []))
    // What was below a progress was not there for this client.
    expect(numbersOf(entries)).toEqual(_name.includes('below') ? [5] : [5, 10])
    expect(peer.errors).toEqual([])
  })

  test('and sends an operation boundary that no progress has come to has lost its place', async () => {
    await using peer = await Peer.listen(async (connection, index) => {
      await connection.expect('operationBoundaries', OK)
      await filtered(connection, 8)
      const boundary = encodeOperationBoundary({ nextEntry: 8n, gap: false })
      if (index === 0) await connection.expect('start', OK, progress(0), entry(5), boundary)
      else await connection.expect('start', OK, progress(6), progress(8), boundary)
    })
    await using client = new StreamClient(near(peer))
    const events = await collect(client.events({ types: [0xb0], boundaries: true, follow: false }))
    expect(events.map(summary)).toEqual(['connected', [5], 'disconnected GAP', 'connected', 'progress 8'])
  })

  test('and sends a progress to who did not ask has lost its place', async () => {
    await using peer = await Peer.listen(async (connection, index) => {
      await connection.expect('header', OK, headerOf(1))
      await connection.expect('start', OK, index === 0 ? progress(0) : entry(0))
    })
    await using client = new StreamClient(near(peer))
    const events = await collect(client.events({ follow: false }))
    expect(events.map(summary)).toEqual(['connected', 'disconnected UNEXPECTED_PACKET', 'connected', [0]])
  })
})

describe('a new connection', () => {
  /** Bring two entries and a progress, then what `second` says. */
  async function reconnect(second: (connection: PeerConnection) => Promise<unknown>, from: object = {}) {
    await using peer = await Peer.listen(async (connection, index) => {
      if (index === 0) {
        await filtered(connection, 12)
        await connection.expect('start', OK, progress(0), entry(0), entry(5), progress(8))
        connection.end()
      } else await second(connection)
    })
    await using client = new StreamClient(near(peer))
    const events = await collect(client.events({ types: [0xb0], follow: false, ...from })).catch((error) => error)
    expect(peer.errors).toEqual([])
    return Array.isArray(events) ? events.map(summary) : events
  }

  test('goes on where the server has looked, after the same entry', async () => {
    const events = await reconnect(async (connection) => {
      await filtered(connection, 12)
      expect(await connection.expect('start')).toMatchObject({ fromEntryNumber: 8n })
      connection.send(OK, progress(8), entry(10), progress(12))
    })
    const first = ['connected', [0, 5], 'progress 8', 'disconnected CLOSED']
    expect(events).toEqual([...first, 'connected', [10], 'progress 12'])
  })

  test('after another entry is one of another history', async () => {
    const error = await reconnect(async (connection) => {
      await filtered(connection, 12)
      await connection.expect('start', OK, progress(8, 1), entry(10))
    })
    expect(error).toMatchObject({ name: 'TruncatedError', code: 'REWRITTEN', lastDelivered: 7n, totalEntries: 12n })
  })

  test('of a stream that is shorter than what was looked at is one of another history', async () => {
    const error = await reconnect((connection) => filtered(connection, 7))
    expect(error).toMatchObject({ name: 'TruncatedError', code: 'TRUNCATED', lastDelivered: 7n, totalEntries: 7n })
  })

  test('to a server without filters reads the entry before once more, whatever its type', async () => {
    const events = await reconnect(async (connection) => {
      await connection.expect('filters')
      connection.result(9)
      await connection.expect('header', OK, headerOf(12))
      expect(await connection.expect('start')).toMatchObject({ fromEntryNumber: 7n })
      connection.send(OK, encodeAll(entriesOf(7, 12)))
    })
    const first = ['connected', [0, 5], 'progress 8', 'disconnected CLOSED']
    expect(events).toEqual([...first, 'connected', [10], 'progress 12'])
  })

  test('after a checkpoint of two entries looks both up first', async () => {
    const checkpoint = checkpointOf(entryAt(9n), entryAt(6n))
    const asked: string[] = []
    const serve = (fill: number) => async (connection: PeerConnection) => {
      await filtered(connection, 12)
      for (const number of [6n, 9n]) {
        const command = await connection.command()
        asked.push(JSON.stringify(command, (_key, value) => (typeof value === 'bigint' ? Number(value) : value)))
        connection.send(OK, encodeEntry(entryAt(number, fill), 0xfe))
      }
      await connection.expect('start', OK, progress(10), entry(10), progress(12))
    }
    await using peer = await Peer.listen(serve(0))
    await using client = new StreamClient(near(peer))
    const from = { after: checkpoint }
    expect(numbersOf(await collect(client.entries({ types: [0xb0], from, follow: false })))).toEqual([10])
    expect(asked).toEqual(['{"name":"entry","entryNumber":6}', '{"name":"entry","entryNumber":9}'])
    await using other = await Peer.listen(serve(1))
    await using misled = new StreamClient(near(other))
    expect(await failure(collect(misled.entries({ types: [0xb0], from, follow: false })))).toMatchObject({
      code: 'REWRITTEN',
    })
  })
})

describe.each(['keep', 'close'] as const)('a server without filters (%s)', (afterUnknown) => {
  test('is read wholly, and the same entries come', async () => {
    await using fake = await FakeServer.listen({ entries: 23, afterUnknown, unknown: ['operationBoundaries'] })
    await using client = new StreamClient(near(fake.peer))
    const options = { types: [0xb0], follow: false, boundaries: true }
    const events = (await collect(client.events(options))).map(summary)
    expect(events).toEqual(['connected', [0, 5, 10, 15, 20], 'progress 23'])
    const none = (await collect(client.events({ ...options, types: [99], from: 4 }))).map(summary)
    expect(none).toEqual(['connected', 'progress 23'])
    // One that closes is not asked again on the next connection; one that goes on may have been replaced.
    const asked = fake.commands.flat().filter((name) => name === 'filters')
    expect(asked).toHaveLength(afterUnknown === 'close' ? 1 : 2)
  })

  test('goes on over lost connections, also inside what is passed over', async () => {
    const drops = [200, 40, 100, 300]
    await using fake = await FakeServer.listen({ entries: 60, afterUnknown, dropAfter: (index) => drops[index] })
    await using client = new StreamClient(near(fake.peer))
    const to = 59n
    expect(plain(await collect(client.entries({ types: [0xb0], from: 3, to })))).toEqual(
      entriesOf(3, 60).filter(({ type }) => type === 0xb0),
    )
  })
})

test.each([
  [[], 'types has 0 entry types, expected 1 to 64'],
  [Array.from({ length: 65 }, () => 1), 'types has 65 entry types, expected 1 to 64'],
  [[-1], 'entry type -1 is no u32'],
])('types %j are refused', async (types, message) => {
  await using client = new StreamClient({ host: '127.0.0.1', port: 1 })
  await expect(client.entries({ types }).next()).rejects.toThrow(new RangeError(message))
})

describe('against a store, over connections that drop', () => {
  const TYPES = [1, 2, 3, 0xb0]

  async function grow(store: StreamStore, operations: number, random: (below: number) => number): Promise<void> {
    for (let i = 0; i < operations; i++) {
      store.startAtomicOp()
      const types = random(3) === 0 ? TYPES : [oneOf(TYPES, random)]
      for (let left = 1 + random(40); left > 0; left--) {
        const type = oneOf(types, random)
        const data = new Uint8Array(1 + random(type === 0xb0 ? 15 : 300)).fill(random(256))
        if (type === 0xb0) store.addStreamBookmark(data)
        else store.addStreamEntry(type, data)
      }
      await store.commitAtomicOp()
    }
  }

  test.each([1, 2, 3, 4])('every entry of the types once, and how far (seed %i)', async (seed) => {
    const random = randomFrom(seed)
    using dir = tempDir()
    await using store = await openStore({ file: dir.join('stream.bin'), fsync: 'never' })
    await using server = new StreamServer({ store })
    await server.listen(0)
    const faults = new Map<number, Fault>()
    await using proxy = await FaultProxy.start(server.address?.port ?? 0, (index) => faults.get(index))
    await grow(store, 60, random)
    for (let round = 0; round < 12; round++) {
      const types = TYPES.filter(() => random(2) === 0)
      if (types.length === 0) types.push(1)
      for (let i = 0; i < 4; i++) faults.set(proxy.connections + i, { dropDown: 200 + random(20_000) })
      await using client = new StreamClient(near(proxy))
      const from = random(Number(store.getHeader().totalEntries))
      const growing = grow(store, 10, random)
      const total = store.getHeader().totalEntries
      const to = total - 1n - BigInt(random(3))
      let next = BigInt(from)
      const got: Entry[] = []
      for await (const event of client.events({ types, from, to })) {
        if (event.kind === 'entries') {
          for (const item of event.entries) {
            expect(item.number).toBeGreaterThanOrEqual(next)
            next = item.number + 1n
            got.push(item)
          }
        } else if (event.kind === 'progress') {
          expect(event.nextEntry).toBeGreaterThan(next)
          next = event.nextEntry
          const before = await store.getEntry(next - 1n)
          expect(event.checkpoint).toBe(before && checkpointOf(before))
        }
      }
      await growing
      const all = plain(await collect(store.entries({ from, to })))
      expect(plain(got)).toEqual(all.filter(({ type }) => types.includes(type)))
    }
  })

  test('history that is rewritten is rewound to what was looked at last', async () => {
    const random = randomFrom(9)
    using dir = tempDir()
    await using store = await openStore({ file: dir.join('stream.bin'), fsync: 'never' })
    await using server = new StreamServer({ store })
    await server.listen(0)
    store.startAtomicOp()
    for (let i = 0; i < 10; i++) store.addStreamEntry(1, Uint8Array.of(i))
    for (let i = 0; i < 10; i++) store.addStreamEntry(2, Uint8Array.of(i))
    await store.commitAtomicOp()
    await using client = new StreamClient(near({ host: '127.0.0.1', port: server.address?.port ?? 0 }))
    const seen: unknown[] = []
    for await (const event of client.events({ types: [1], from: { after: [] } })) {
      if (event.kind === 'rewound') seen.push(`rewound ${event.nextEntry}`)
      else if (event.kind === 'entries' || event.kind === 'progress') seen.push(summary(event))
      if (event.kind === 'progress' && event.nextEntry === 20n) {
        await store.truncateFile(15n)
        store.startAtomicOp()
        store.addStreamEntry(1, Uint8Array.of(77))
        for (let i = 0; i < 10; i++) store.addStreamEntry(3, Uint8Array.of(random(256)))
        await store.commitAtomicOp()
      }
      if (event.kind === 'progress' && event.nextEntry === 26n) break
    }
    // Nothing that was delivered is lost, but some of what was looked at is.
    const first = [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 'progress 20']
    expect(seen).toEqual([...first, 'rewound 10', [15], 'progress 26'])
  })
})

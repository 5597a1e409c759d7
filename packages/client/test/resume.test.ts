import { encodeOperationBoundary } from '@datastreamer/format'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { StreamClient, type StreamEvent } from '../src/index.ts'
import { bookmarkAt, encodeAll, entriesOf, entryAt, headerOf, plain } from './support/entries.ts'
import { FakeServer } from './support/fake-server.ts'
import { collect, failure, near } from './support/options.ts'
import { OK, Peer, type PeerConnection } from './support/peer.ts'

test('every entry once and in order, wherever connections drop', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(4000), { maxLength: 12 }),
      fc.integer({ min: 1, max: 3000 }),
      fc.constantFrom('number', 'bookmark', 'range'),
      async (drops, pieceBytes, start) => {
        await using fake = await FakeServer.listen({ entries: 201, pieceBytes, dropAfter: (index) => drops[index] })
        await using client = new StreamClient(near(fake.peer, { backoff: { minMs: 0, maxMs: 0 } }))
        const from = start === 'number' ? 5n : { bookmark: bookmarkAt(5n) }
        const to = start === 'range' ? { bookmark: bookmarkAt(200n) } : 200n
        expect(plain(await collect(client.entries({ from, to })))).toEqual(entriesOf(5, 201))
      },
    ),
    { numRuns: 60 },
  )
})

/** A stream that ends in the middle of the last entry of the first connection. */
async function firstPart(connection: PeerConnection, total = 5): Promise<void> {
  await connection.expect('header', OK, headerOf(total))
  await connection.expect('start', OK, encodeAll(entriesOf(0, 4)).subarray(0, -1))
  connection.end()
}

test('tells what happens to its connections', async () => {
  await using peer = await Peer.listen(async (connection, index) => {
    if (index === 0) return firstPart(connection)
    if (index === 1) return connection.reset()
    await connection.expect('header', OK, headerOf(5))
    const command = await connection.expect('start', OK, encodeAll(entriesOf(2, 5)))
    expect(command).toMatchObject({ fromEntryNumber: 2n })
  })
  await using client = new StreamClient(near(peer))
  const kinds = (await collect(client.events({ follow: false }))).map((event: StreamEvent) => {
    if (event.kind === 'entries') return event.entries.map(({ number }) => Number(number))
    return event.kind === 'disconnected' ? event.error.code : event.kind
  })
  expect(kinds).toEqual(['connected', [0, 1, 2], 'CLOSED', 'RESET', 'connected', [3, 4]])
  expect(peer.errors).toEqual([])
})

describe('history that changed is reported, never skipped', () => {
  const changes: [name: string, second: (connection: PeerConnection) => Promise<unknown>, expected: object][] = [
    [
      'a shorter header',
      (connection) => connection.expect('header', OK, headerOf(2)),
      { name: 'TruncatedError', code: 'TRUNCATED', lastDelivered: 2n, totalEntries: 2n },
    ],
    [
      'a refused start',
      async (connection) => {
        await connection.expect('header', OK, headerOf(5))
        await connection.expect('start')
        connection.result(3)
      },
      { name: 'TruncatedError', code: 'TRUNCATED', lastDelivered: 2n, totalEntries: 5n },
    ],
    [
      'another entry at the last number',
      async (connection) => {
        await connection.expect('header', OK, headerOf(5))
        await connection.expect('start', OK, encodeAll(entriesOf(2, 5, 7)))
      },
      { name: 'TruncatedError', code: 'REWRITTEN', lastDelivered: 2n, totalEntries: 5n },
    ],
    [
      'another system id',
      (connection) => connection.expect('header', OK, headerOf(5, { systemId: 1n })),
      { name: 'StreamChangedError', field: 'systemId', expected: 779n, found: 1n },
    ],
    [
      'another version',
      (connection) => connection.expect('header', OK, headerOf(5, { version: 3 })),
      { name: 'StreamChangedError', field: 'version' },
    ],
    [
      'another stream type',
      (connection) => connection.expect('header', OK, headerOf(5, { streamType: 2n })),
      { name: 'StreamChangedError', field: 'streamType' },
    ],
  ]

  test.each(changes)('%s', async (_, second, expected) => {
    await using peer = await Peer.listen(async (connection, index) => {
      if (index === 0) await firstPart(connection)
      else await second(connection)
    })
    await using client = new StreamClient(near(peer))
    const seen: bigint[] = []
    const reading = async () => {
      for await (const { number } of client.entries()) seen.push(number)
    }
    expect(await failure(reading())).toMatchObject(expected)
    expect(seen).toEqual([0n, 1n, 2n])
    expect(peer.connections).toHaveLength(2)
  })

  test('also for an entry that the caller holds from before', async () => {
    await using fake = await FakeServer.listen({ entries: 10 })
    await using client = new StreamClient(near(fake.peer))
    const goOn = (number: bigint, fill: number) => collect(client.entries({ from: { after: entryAt(number, fill) } }))
    expect(await failure(goOn(7n, 1))).toMatchObject({ code: 'REWRITTEN', lastDelivered: 7n })
    expect(await failure(goOn(11n, 0))).toMatchObject({ code: 'TRUNCATED', totalEntries: 10n })
  })

  test('also where nothing was delivered yet', async () => {
    await using peer = await Peer.listen(async (connection, index) => {
      await connection.expect('header', OK, headerOf(5 - index))
      if (index > 0) return
      await connection.expect('start', OK)
      connection.end()
    })
    await using client = new StreamClient(near(peer))
    expect(await failure(collect(client.entries({ from: 'latest' })))).toMatchObject({
      code: 'TRUNCATED',
      lastDelivered: undefined,
      totalEntries: 4n,
    })
  })
})

describe('a connection counts as made once the entry that is held was read again', () => {
  const after = { after: entryAt(2n) }

  async function kindsUntilFailure(peer: Peer, from: typeof after, options: object = {}): Promise<string[]> {
    await using client = new StreamClient(near(peer, { backoff: { maxAttempts: 1 }, ...options }))
    const kinds: string[] = []
    const reading = async () => {
      for await (const event of client.events({ from, boundaries: true })) kinds.push(event.kind)
    }
    kinds.push(((await failure(reading())) as { code: string }).code)
    return kinds
  }

  async function upTo(connection: PeerConnection, ...streamed: Uint8Array[]): Promise<void> {
    await connection.expect('operationBoundaries', OK)
    await connection.expect('header', OK, headerOf(5))
    await connection.expect('start', OK, ...streamed)
  }

  test('not if it is another one', async () => {
    await using peer = await Peer.listen((connection) => upTo(connection, encodeAll(entriesOf(2, 5, 7))))
    expect(await kindsUntilFailure(peer, after)).toEqual(['REWRITTEN'])
  })

  test('not if it does not come', async () => {
    await using peer = await Peer.listen((connection) => upTo(connection))
    expect(await kindsUntilFailure(peer, after, { responseTimeoutMs: 50 })).toEqual(['TIMEOUT'])
  })

  test('then with the last of the operation boundaries before it', async () => {
    const boundaries = [1, 2].map(() => encodeOperationBoundary({ nextEntry: 2n, gap: true }))
    await using peer = await Peer.listen(async (connection) => {
      await upTo(connection, ...boundaries, encodeAll(entriesOf(2, 5)))
      connection.end()
    })
    expect(await kindsUntilFailure(peer, after)).toEqual(['connected', 'operationBoundary', 'entries', 'CLOSED'])
  })
})

describe('giving up', () => {
  test('after the attempts that are allowed, with the last error', async () => {
    await using peer = await Peer.listen((connection) => connection.reset())
    await using client = new StreamClient(near(peer, { backoff: { minMs: 0, maxMs: 0, maxAttempts: 3 } }))
    expect(await failure(collect(client.entries()))).toMatchObject({ name: 'ConnectionError' })
    expect(peer.connections).toHaveLength(3)
  })

  test('not while there is progress', async () => {
    await using fake = await FakeServer.listen({ entries: 40, dropAfter: () => 200 })
    await using client = new StreamClient(near(fake.peer, { backoff: { minMs: 0, maxMs: 0, maxAttempts: 2 } }))
    expect(await collect(client.entries({ follow: false }))).toHaveLength(40)
    expect(fake.peer.connections.length).toBeGreaterThan(5)
  })

  test('the wait between two attempts can be ended', async () => {
    await using peer = await Peer.listen((connection) => connection.reset())
    await using client = new StreamClient(near(peer, { backoff: { minMs: 60_000, maxMs: 60_000 } }))
    const controller = new AbortController()
    const reason = new Error('enough')
    const events = client.events({ signal: controller.signal })
    expect((await events.next()).value).toMatchObject({ kind: 'disconnected', retryInMs: expect.any(Number) })
    const next = failure(events.next())
    setTimeout(() => controller.abort(reason), 10)
    expect(await next).toBe(reason)
  })
})

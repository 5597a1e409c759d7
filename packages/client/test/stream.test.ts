import { ManualClock } from '@datastreamer/runtime/testing'
import { describe, expect, test } from 'vitest'
import { type From, type IterationOptions, StreamClient, type To } from '../src/index.ts'
import { bookmarkAt, entriesOf, entryAt, plain } from './support/entries.ts'
import { FakeServer } from './support/fake-server.ts'
import { collect, failure, near } from './support/options.ts'

const bookmark = (number: bigint) => ({ bookmark: bookmarkAt(number) })

describe('where to start and where to end', () => {
  const cases: [name: string, options: IterationOptions, from: number, to: number][] = [
    ['all', { follow: false }, 0, 300],
    ['from a number', { from: 250n, follow: false }, 250, 300],
    ['from a number to one', { from: 10n, to: 20n }, 10, 21],
    ['one entry', { from: 299n, to: 299n }, 299, 300],
    ['at the head', { from: 300n, follow: false }, 300, 300],
    ['latest', { from: 'latest', follow: false }, 300, 300],
    ['to before from', { from: 10n, to: 9n }, 10, 10],
    ['from a bookmark', { from: bookmark(295n), follow: false }, 295, 300],
    ['from a bookmark to a number', { from: bookmark(5n), to: 7n }, 5, 8],
    ['from a number to a bookmark', { from: 3n, to: bookmark(10n) }, 3, 11],
    ['from a bookmark to one', { from: bookmark(100n), to: bookmark(290n) }, 100, 291],
    ['from a bookmark to itself', { from: bookmark(100n), to: bookmark(100n) }, 100, 101],
    ['after an entry', { from: { after: entryAt(296n) }, follow: false }, 297, 300],
  ]

  test.each(cases)('%s', async (_, options, from, to) => {
    await using fake = await FakeServer.listen({ entries: 300 })
    await using client = new StreamClient(near(fake.peer))
    expect(plain(await collect(client.entries(options)))).toEqual(entriesOf(from, to))
    expect(plain((await collect(client.batches(options))).flat())).toEqual(entriesOf(from, to))
  })

  const missing: [name: string, from: From, to: To | undefined, code: string][] = [
    ['an unknown bookmark', bookmark(999n), undefined, 'FROM_NOT_FOUND'],
    ['a range from an unknown bookmark', bookmark(999n), bookmark(5n), 'FROM_NOT_FOUND'],
    ['a range to an unknown bookmark', bookmark(5n), bookmark(999n), 'TO_NOT_FOUND'],
    ['a range whose end lies before its start', bookmark(10n), bookmark(5n), 'TO_NOT_FOUND'],
  ]

  test.each(missing)('%s is not found, on any server', async (_, from, to, code) => {
    for (const unknown of [[], ['rangeBookmark'] as const]) {
      await using fake = await FakeServer.listen({ entries: 300, unknown })
      await using client = new StreamClient(near(fake.peer))
      for (const follow of [true, false]) {
        expect(await failure(collect(client.entries({ from, to, follow })))).toMatchObject({
          name: 'NotFoundError',
          code,
        })
      }
    }
  })
})

test('an entry beyond the head is not found where it is not waited for', async () => {
  await using fake = await FakeServer.listen({ entries: 300 })
  await using client = new StreamClient(near(fake.peer))
  for (const [options, code] of [
    [{ from: 301 }, 'FROM_NOT_FOUND'],
    [{ from: 290, to: 300 }, 'TO_NOT_FOUND'],
  ] as const) {
    const error = await failure(collect(client.entries({ ...options, follow: false })))
    expect(error).toMatchObject({ name: 'NotFoundError', code, message: expect.stringContaining('the stream has 300') })
  }
})

test('a start beyond the head is waited for', async () => {
  const clock = new ManualClock()
  await using fake = await FakeServer.listen({ entries: 300 })
  await using client = new StreamClient(near(fake.peer, { clock, headCheckMs: 500 }))
  const reading = collect(client.entries({ from: 303, to: 304 }))
  await clock.waitingFor(500)
  fake.append(2)
  clock.advance(500)
  await clock.waitingFor(500)
  fake.append(3)
  clock.advance(500)
  expect(plain(await reading)).toEqual(entriesOf(303, 305))
})

describe('ranges', () => {
  test('one command where the server knows it', async () => {
    await using fake = await FakeServer.listen({ entries: 100 })
    await using client = new StreamClient(near(fake.peer))
    expect(plain(await collect(client.getRange(bookmarkAt(10n), bookmarkAt(90n))))).toEqual(entriesOf(10, 91))
    expect(fake.commands).toEqual([['header', 'rangeBookmark']])
  })

  test.each(['keep', 'close'] as const)('the end is looked up where it does not (%s)', async (afterUnknown) => {
    await using fake = await FakeServer.listen({ entries: 100, unknown: ['rangeBookmark'], afterUnknown })
    await using client = new StreamClient(near(fake.peer))
    expect(plain(await collect(client.getRange(bookmarkAt(10n), bookmarkAt(90n))))).toEqual(entriesOf(10, 91))
    expect(fake.commands).toEqual([
      ['header', 'rangeBookmark'],
      ['header', 'startBookmark', 'stop'],
      ['header', 'startBookmark', 'stop'],
    ])
  })

  test('goes on after a drop, without asking for the range again', async () => {
    await using fake = await FakeServer.listen({ entries: 100, dropAfter: (index) => (index === 0 ? 1000 : undefined) })
    await using client = new StreamClient(near(fake.peer))
    expect(plain(await collect(client.getRange(bookmarkAt(10n), bookmarkAt(90n))))).toEqual(entriesOf(10, 91))
    expect(fake.commands.map((names) => names[1])).toEqual(['rangeBookmark', 'start'])
  })
})

test('follows what is committed later', async () => {
  await using fake = await FakeServer.listen({ entries: 3 })
  await using client = new StreamClient(near(fake.peer))
  const seen: bigint[] = []
  void fake.received('start').then(() => fake.append(1))
  for await (const { number } of client.entries({ from: 'latest' })) {
    seen.push(number)
    if (seen.length === 1) fake.append(4)
    if (number === 9n) break
    if (number === 5n) setTimeout(() => fake.append(3), 5)
  }
  expect(seen).toEqual([3n, 4n, 5n, 6n, 7n, 8n, 9n])
})

describe('leaving', () => {
  test('a loop says Stop and closes', async () => {
    await using fake = await FakeServer.listen({ entries: 50 })
    await using client = new StreamClient(near(fake.peer))
    for await (const _ of client.entries()) break
    expect(fake.commands).toEqual([['header', 'start', 'stop']])
    await fake.peer.connections[0]?.closed
  })

  test('an iteration that waits ends at once', async () => {
    await using fake = await FakeServer.listen({ entries: 1 })
    await using client = new StreamClient(near(fake.peer))
    const batches = client.batches()
    expect((await batches.next()).value).toHaveLength(1)
    const waiting = batches.next()
    await batches.return()
    expect(await waiting).toEqual({ done: true, value: undefined })
    expect(await batches.next()).toEqual({ done: true, value: undefined })
    await fake.peer.connections[0]?.closed
  })

  test('an iteration can be held with await using', async () => {
    await using fake = await FakeServer.listen({ entries: 9 })
    await using client = new StreamClient(near(fake.peer))
    {
      await using entries = client.entries()
      await entries.next()
    }
    await fake.peer.connections[0]?.closed
  })

  test('an iteration that was never begun dials nothing', async () => {
    await using fake = await FakeServer.listen()
    await using client = new StreamClient(near(fake.peer))
    await client.entries().return()
    expect(await failure(client.entries().throw(new Error('mine')))).toMatchObject({ message: 'mine' })
    expect(fake.peer.connections).toHaveLength(0)
  })

  test('a signal ends it between two batches and while it waits, with its reason', async () => {
    await using fake = await FakeServer.listen({ entries: 1 })
    await using client = new StreamClient(near(fake.peer))
    for (const abortLater of [false, true]) {
      const controller = new AbortController()
      const reason = new Error('enough')
      const entries = client.entries({ signal: controller.signal })
      await entries.next()
      if (abortLater) setTimeout(() => controller.abort(reason), 5)
      else controller.abort(reason)
      expect(await failure(entries.next())).toBe(reason)
    }
    await Promise.all(fake.peer.connections.map(({ closed }) => closed))
  })
})

test('questions can be asked within a loop', async () => {
  await using fake = await FakeServer.listen({ entries: 8 })
  await using client = new StreamClient(near(fake.peer))
  for await (const entry of client.entries({ follow: false })) {
    expect(plain([(await client.getEntry(entry.number)) ?? entryAt(0n)])).toEqual([entryAt(entry.number)])
  }
})

test('entries stay as they are while more is received', async () => {
  await using fake = await FakeServer.listen({ entries: 3000, pieceBytes: 700 })
  await using client = new StreamClient(near(fake.peer))
  const kept = await collect(client.entries({ follow: false }))
  expect(plain(kept)).toEqual(entriesOf(0, 3000))
})

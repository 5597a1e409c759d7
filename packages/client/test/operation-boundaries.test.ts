import { encodeOperationBoundary, encodeResult } from '@datastreamer/format'
import { describe, expect, test } from 'vitest'
import { StreamClient, type StreamEvent } from '../src/index.ts'
import { encodeAll, entriesOf, headerOf } from './support/entries.ts'
import { FakeServer } from './support/fake-server.ts'
import { collect, near } from './support/options.ts'
import { OK, Peer } from './support/peer.ts'

const summary = (event: StreamEvent) => {
  if (event.kind === 'entries') return event.entries.map(({ number }) => Number(number))
  if (event.kind === 'operationBoundary') return `end ${event.nextEntry} ${event.gap ? 'gap' : ''}`.trim()
  return event.kind === 'connected' ? `connected ${event.boundaries}` : event.kind
}

test('a server that knows operation boundaries is asked before the stream starts', async () => {
  await using peer = await Peer.listen(async (connection) => {
    await connection.expect('operationBoundaries', OK)
    await connection.expect('header', OK, headerOf(3))
    await connection.expect(
      'start',
      OK,
      encodeAll(entriesOf(0, 3)),
      encodeOperationBoundary({ nextEntry: 3n, gap: true }),
      encodeAll(entriesOf(3, 5)),
      encodeOperationBoundary({ nextEntry: 5n, gap: false }),
      encodeAll(entriesOf(5, 6)),
    )
  })
  await using client = new StreamClient(near(peer))
  const events = (await collect(client.events({ boundaries: true, to: 5n }))).map(summary)
  expect(events).toEqual(['connected true', [0, 1, 2], 'end 3 gap', [3, 4], 'end 5', [5]])
})

describe.each(['keep', 'close'] as const)('a server that does not know them (%s)', (afterUnknown) => {
  test('streams without', async () => {
    await using fake = await FakeServer.listen({ entries: 5, unknown: ['operationBoundaries'], afterUnknown })
    await using client = new StreamClient(near(fake.peer))
    const events = (await collect(client.events({ boundaries: true, follow: false }))).map(summary)
    expect(events).toEqual(['connected false', [0, 1, 2, 3, 4]])
    expect(fake.commands.at(-1)?.slice(-3)).toEqual(['header', 'start', 'stop'])
  })

  test('has its first entry at the head verified', async () => {
    await using fake = await FakeServer.listen({ entries: 5, unknown: ['operationBoundaries'], afterUnknown })
    await using client = new StreamClient(near(fake.peer))
    const reading = collect(client.events({ boundaries: true, from: 3n, to: 6n }))
    await fake.received('start')
    fake.append(2)
    const events = (await reading).map(summary)
    expect(events.flat().filter(Number.isInteger)).toEqual([3, 4, 5, 6])
    expect(fake.commands.some((names) => names.includes('entry'))).toBe(true)
  })
})

test('a connection that breaks before the answer says nothing of operation boundaries: they are asked for again', async () => {
  await using peer = await Peer.listen(async (connection, index) => {
    if (index === 0) {
      await connection.expect('operationBoundaries')
      return connection.reset()
    }
    await connection.expect('operationBoundaries', OK)
    await connection.expect('header', OK, headerOf(1))
    await connection.expect('start', OK, encodeAll(entriesOf(0, 1)))
  })
  await using client = new StreamClient(near(peer))
  const events = (await collect(client.events({ boundaries: true, follow: false }))).map(summary)
  expect(events).toEqual(['disconnected', 'connected true', [0]])
})

test('an operation boundary at another place than it says ends the connection', async () => {
  await using peer = await Peer.listen(async (connection, index) => {
    await connection.expect('operationBoundaries', OK)
    await connection.expect('header', OK, headerOf(2))
    if (index === 0) {
      await connection.expect(
        'start',
        OK,
        encodeAll(entriesOf(0, 1)),
        encodeOperationBoundary({ nextEntry: 2n, gap: false }),
      )
    } else await connection.expect('start', OK, encodeAll(entriesOf(0, 2)))
  })
  await using client = new StreamClient(near(peer))
  const events = (await collect(client.events({ boundaries: true, follow: false }))).map(summary)
  expect(events).toEqual(['connected true', [0], 'disconnected', 'connected true', [1]])
})

test('operation boundaries are not asked for unless wanted', async () => {
  await using peer = await Peer.listen(async (connection) => {
    const command = await connection.command()
    connection.send(command?.name === 'header' ? OK : encodeResult(9), headerOf(0))
  })
  await using client = new StreamClient(near(peer))
  expect((await collect(client.events({ follow: false }))).map(summary)).toEqual(['connected false'])
})

test('a signal ends the iteration also between what came at once', async () => {
  await using peer = await Peer.listen(async (connection) => {
    await connection.expect('operationBoundaries', OK)
    await connection.expect('header', OK, headerOf(2))
    await connection.expect(
      'start',
      OK,
      encodeAll(entriesOf(0, 2)),
      encodeOperationBoundary({ nextEntry: 2n, gap: true }),
    )
  })
  await using client = new StreamClient(near(peer))
  const controller = new AbortController()
  const events = client.events({ boundaries: true, signal: controller.signal })
  await events.next()
  await events.next()
  controller.abort(new Error('enough'))
  await expect(events.next()).rejects.toThrow('enough')
})

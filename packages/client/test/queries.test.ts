import { encodeEntry, encodeResult } from '@datastreamer/format'
import { ManualClock } from '@datastreamer/runtime/testing'
import { describe, expect, test } from 'vitest'
import { connect, StreamClient } from '../src/index.ts'
import { bookmarkAt, entryAt, headerOf } from './support/entries.ts'
import { FakeServer } from './support/fake-server.ts'
import { failure, near } from './support/options.ts'
import { OK, Peer } from './support/peer.ts'

const response = (number: bigint) => encodeEntry(entryAt(number), 0xfe)

describe('answers', () => {
  test('header, entries and bookmarks, there or not', async () => {
    await using fake = await FakeServer.listen({ entries: 12 })
    await using client = await connect(near(fake.peer))
    expect(await client.getHeader()).toMatchObject({ totalEntries: 12n, systemId: 779n, version: 2, streamType: 1n })
    expect(await client.getEntry(7n)).toEqual(entryAt(7n))
    expect(await client.getEntry(12n)).toBeUndefined()
    expect(await client.getFirstEventAfterBookmark(bookmarkAt(5n))).toEqual(entryAt(6n))
    expect(await client.getFirstEventAfterBookmark(bookmarkAt(6n))).toBeUndefined()
    expect(fake.commands).toHaveLength(1)
    expect(await client.getEntry(7)).toEqual(entryAt(7n))
    await expect(client.getEntry(-7)).rejects.toThrow(RangeError)
  })

  test('the number of a bookmark, on a connection of its own', async () => {
    await using fake = await FakeServer.listen({ entries: 12 })
    await using client = await connect(near(fake.peer))
    expect(await client.getBookmark(bookmarkAt(10n))).toBe(10n)
    expect(await client.getBookmark(bookmarkAt(6n))).toBeUndefined()
    await expect(client.getBookmark(new Uint8Array(17))).rejects.toThrow(RangeError)
    expect(fake.commands.slice(1)).toEqual([
      ['header', 'startBookmark', 'stop'],
      ['header', 'startBookmark'],
      ['header'],
    ])
  })

  test('questions asked at the same time meet their own answers, however they come in', async () => {
    await using peer = await Peer.listen(async (connection) => {
      for (;;) {
        const command = await connection.command()
        if (command?.name !== 'entry') return
        await connection.drip(Buffer.concat([OK, response(command.entryNumber)]), 1)
      }
    })
    await using client = new StreamClient(near(peer))
    const numbers = Array.from({ length: 20 }, (_, i) => BigInt(i * 3))
    expect(await Promise.all(numbers.map((number) => client.getEntry(number)))).toEqual(numbers.map((n) => entryAt(n)))
    expect(peer.connections).toHaveLength(1)
  })

  test('a bookmark of an impossible length is a mistake of the caller', async () => {
    await using fake = await FakeServer.listen()
    await using client = new StreamClient(near(fake.peer))
    await expect(client.getFirstEventAfterBookmark(new Uint8Array(17))).rejects.toThrow(RangeError)
    await expect(client.getFirstEventAfterBookmark(new Uint8Array(0))).rejects.toThrow(RangeError)
  })

  test('a connection that the server closed meanwhile is dialled again', async () => {
    await using peer = await Peer.listen(async (connection) => {
      await connection.expect('header', OK, headerOf(1))
      connection.end()
    })
    await using client = new StreamClient(near(peer))
    await client.getHeader()
    await peer.connections[0]?.closed
    expect(await client.getHeader()).toMatchObject({ totalEntries: 1n })
    expect(peer.connections).toHaveLength(2)
  })

  test('a question that a dead connection swallowed is asked once more', async () => {
    await using peer = await Peer.listen(async (connection, index) => {
      await connection.expect('header', OK, headerOf(1))
      const command = await connection.command()
      if (index === 0 && command !== undefined) connection.reset()
    })
    await using client = new StreamClient(near(peer))
    await client.getHeader()
    await client.getHeader()
    expect(peer.connections).toHaveLength(2)
  })
})

describe('faults', () => {
  const faults: [name: string, bytes: Uint8Array[], expected: object][] = [
    ['garbage', [Uint8Array.of(0x48, 0x54, 0x54, 0x50)], { name: 'ProtocolError', code: 'BAD_PACKET' }],
    ['an impossible length', [Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff)], { code: 'BAD_PACKET' }],
    ['no result', [headerOf(1)], { code: 'UNEXPECTED_PACKET' }],
    ['another packet', [OK, encodeEntry(entryAt(1n))], { code: 'UNEXPECTED_PACKET' }],
    [
      'another entry',
      [OK, response(8n)],
      { code: 'UNEXPECTED_PACKET', message: 'the server sent entry 8, asked for 7' },
    ],
    ['a refusal', [encodeResult(9)], { name: 'ServerRefusedError', code: 'INVALID_COMMAND', resultCode: 9 }],
    ['an unknown refusal', [encodeResult(77, 'Tired')], { code: 'UNKNOWN_RESULT', resultCode: 77, text: 'Tired' }],
  ]

  test.each(faults)('%s: an error that says so, and the next question is answered', async (_, bytes, expected) => {
    await using peer = await Peer.listen(async (connection, index) => {
      await connection.expect('entry', ...(index === 0 ? bytes : [OK, response(7n)]))
    })
    await using client = new StreamClient(near(peer))
    expect(await failure(client.getEntry(7n))).toMatchObject(expected)
    expect(await client.getEntry(7n)).toEqual(entryAt(7n))
  })

  test('bytes that nothing asked for are no answer', async () => {
    await using peer = await Peer.listen(async (connection) => {
      await connection.expect('header', OK, headerOf(1), OK)
    })
    await using client = new StreamClient(near(peer))
    await client.getHeader()
    expect(await failure(client.getHeader())).toMatchObject({ code: 'UNEXPECTED_PACKET' })
  })

  test.each([0, 3, OK.length, OK.length + 20])('an answer that ends after %i bytes', async (bytes) => {
    await using peer = await Peer.listen(async (connection) => {
      await connection.expect('entry', Buffer.concat([OK, response(8n)]).subarray(0, bytes))
      connection.end()
    })
    await using client = new StreamClient(near(peer))
    expect(await failure(client.getEntry(8n))).toMatchObject({ code: 'CLOSED', retryable: true })
  })

  test('no answer', async () => {
    const clock = new ManualClock()
    await using peer = await Peer.listen(() => undefined)
    await using client = new StreamClient(near(peer, { clock, responseTimeoutMs: 100 }))
    const asking = failure(client.getHeader())
    await clock.waitingFor(100)
    clock.advance(100)
    expect(await asking).toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringMatching(/no whole answer within 100 ms$/),
    })
  })
})

describe('connect', () => {
  test('to an address as text, beside the options', async () => {
    await using fake = await FakeServer.listen()
    const address = `127.0.0.1:${fake.peer.port}`
    await using client = await connect(address, { systemId: 779 })
    expect(client.name).toBe(address)
    await using other = new StreamClient(`tcp://${address}`)
    expect(await other.getHeader()).toMatchObject({ systemId: 779n })
    expect(await failure(connect(address, { systemId: 1 }))).toMatchObject({ name: 'StreamChangedError' })
    expect(await failure(connect('nowhere'))).toBeInstanceOf(TypeError)
  })

  test('nobody listens', async () => {
    const { port } = await Peer.listen(() => undefined).then(async (peer) => {
      await peer[Symbol.asyncDispose]()
      return peer
    })
    expect(await failure(connect({ host: '127.0.0.1', port }))).toMatchObject({ code: 'REFUSED', retryable: true })
  })

  test('a server of another stream type closes', async () => {
    await using peer = await Peer.listen((connection) => connection.end())
    expect(await failure(connect(near(peer, { streamType: 2n })))).toMatchObject({ code: 'CLOSED' })
  })

  test('another stream than expected is refused', async () => {
    await using fake = await FakeServer.listen()
    expect(await failure(connect(near(fake.peer, { systemId: 1n })))).toMatchObject({
      name: 'StreamChangedError',
      field: 'systemId',
      expected: 1n,
      found: 779n,
    })
  })

  test('a server that never finishes the TLS handshake', async () => {
    await using peer = await Peer.listen(() => undefined)
    const clock = new ManualClock()
    const failed = failure(connect(near(peer, { tls: {}, connectTimeoutMs: 12_345, clock })))
    await clock.waitingFor(12_345)
    clock.advance(12_345)
    expect(await failed).toMatchObject({ code: 'TIMEOUT' })
  })

  test('a server that does not speak TLS', async () => {
    await using peer = await Peer.listen((connection) => connection.send(headerOf(1)))
    expect(await failure(connect(near(peer, { tls: {} })))).toMatchObject({ code: 'TLS' })
  })
})

describe('ending', () => {
  const reason = new Error('enough')
  const silent = () => Peer.listen(() => undefined)

  test('a question in flight, one in the queue, and one not yet asked end with the reason', async () => {
    await using peer = await silent()
    await using client = new StreamClient(near(peer))
    const inFlight = new AbortController()
    const inQueue = new AbortController()
    const first = failure(client.getHeader({ signal: inFlight.signal }))
    const second = failure(client.getEntry(1n, { signal: inQueue.signal }))
    await expect.poll(() => peer.connections.length).toBe(1)
    inQueue.abort(reason)
    expect(await second).toBe(reason)
    inFlight.abort(reason)
    expect(await first).toBe(reason)
    expect(await failure(client.getHeader({ signal: AbortSignal.abort(reason) }))).toBe(reason)
  })

  test('a question that was given up leaves no answer to the next', async () => {
    await using peer = await Peer.listen(async (connection, index) => {
      await connection.command()
      if (index > 0) connection.send(OK, response(2n))
    })
    await using client = new StreamClient(near(peer))
    const controller = new AbortController()
    const given = failure(client.getEntry(1n, { signal: controller.signal }))
    const next = client.getEntry(2n)
    await expect.poll(() => peer.connections.length).toBe(1)
    controller.abort(reason)
    expect(await given).toBe(reason)
    expect(await next).toEqual(entryAt(2n))
  })

  test('the signal of the client ends all', async () => {
    await using peer = await silent()
    const controller = new AbortController()
    await using client = new StreamClient(near(peer, { signal: controller.signal }))
    const question = failure(client.getHeader())
    const iteration = failure(client.entries().next())
    await expect.poll(() => peer.connections.length).toBe(2)
    controller.abort(reason)
    expect(await question).toBe(reason)
    expect(await iteration).toBe(reason)
    expect(await failure(client.getHeader())).toBe(reason)
    await Promise.all(peer.connections.map(({ closed }) => closed))
  })

  test('the signal of the client also closes a connection that nothing uses', async () => {
    await using fake = await FakeServer.listen()
    const controller = new AbortController()
    await using client = await connect(near(fake.peer, { signal: controller.signal }))
    controller.abort(reason)
    await fake.peer.connections[0]?.closed
    expect(await failure(client.getHeader())).toBe(reason)
  })

  test('dialling ends with the reason', async () => {
    await using peer = await silent()
    const controller = new AbortController()
    const dialling = failure(connect(near(peer, { tls: {}, signal: controller.signal })))
    await expect.poll(() => peer.connections.length).toBe(1)
    controller.abort(reason)
    expect(await dialling).toBe(reason)
  })

  test('closing, twice, ends what waits and what comes later', async () => {
    await using peer = await silent()
    const client = new StreamClient(near(peer))
    const question = failure(client.getHeader())
    const iteration = failure(client.entries().next())
    await expect.poll(() => peer.connections.length).toBe(2)
    await client.close()
    await client[Symbol.asyncDispose]()
    for (const error of [await question, await iteration, await failure(client.getHeader())]) {
      expect(error).toMatchObject({ code: 'CLOSED', message: 'the client was closed' })
    }
    await Promise.all(peer.connections.map(({ closed }) => closed))
  })
})

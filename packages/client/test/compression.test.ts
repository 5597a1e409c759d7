import { flipBits, randomFrom } from '@datastreamer/fixtures/random'
import {
  encodeCompressed,
  encodeEntry,
  encodeOperationBoundary,
  encodeProgress,
  encodeResult,
  MAX_COMPRESSED_SIZE,
} from '@datastreamer/format'
import { nodeNet } from '@datastreamer/runtime'
import { describe, expect, test } from 'vitest'
import { type ConnectOptions, StreamClient } from '../src/index.ts'
import { encodeAll, entriesOf, headerOf, plain } from './support/entries.ts'
import { compressed, FakeServer, zstdFrame } from './support/fake-server.ts'
import { collect, failure, near } from './support/options.ts'
import { OK, Peer } from './support/peer.ts'

/** A client that asks for compression although the server is here, and gives up at once. */
const ONCE: ConnectOptions = { compression: true, backoff: { maxAttempts: 1 } }

/** A server that streams these bytes from entry 0 on, over each connection, and then ends it. */
function streaming(parts: readonly Uint8Array[], total: number, pieceBytes = 65_536): Promise<Peer> {
  return Peer.listen(async (connection) => {
    await connection.expect('compression', OK)
    await connection.expect('header', OK, headerOf(total))
    await connection.expect('start', OK)
    await connection.drip(Buffer.concat(parts), pieceBytes)
    connection.end()
  })
}

/** A zstd frame of one block as it is, without a checksum, that wants a window of a size. */
function frameOf(bytes: Uint8Array, windowLog: number): Uint8Array {
  const block = (bytes.length << 3) | 1
  const head = [0x28, 0xb5, 0x2f, 0xfd, 0, (windowLog - 10) << 3, block & 0xff, (block >> 8) & 0xff, block >> 16]
  return Uint8Array.of(...head, ...bytes)
}

describe('entries come as they are in the stream', () => {
  test.each([1, 7, 4096])('%i bytes at a time, compressed packets and others by turns', async (pieceBytes) => {
    const parts = [
      compressed(encodeAll(entriesOf(0, 40))),
      encodeAll(entriesOf(40, 50)),
      compressed(encodeAll(entriesOf(50, 51))),
      compressed(encodeAll(entriesOf(51, 90))),
      encodeAll(entriesOf(90, 91)),
    ]
    await using peer = await streaming(parts, 91, pieceBytes)
    await using client = new StreamClient(near(peer, ONCE))
    expect(plain(await collect(client.entries({ follow: false })))).toEqual(entriesOf(0, 91))
  })

  test('with operation boundaries among them', async () => {
    const boundary = (nextEntry: bigint) => encodeOperationBoundary({ nextEntry, gap: false })
    await using peer = await Peer.listen(async (connection) => {
      await connection.expect('operationBoundaries', OK)
      await connection.expect('compression', OK)
      await connection.expect('header', OK, headerOf(9))
      const parts = [encodeAll(entriesOf(0, 3)), boundary(3n), encodeAll(entriesOf(3, 7)), boundary(7n)]
      await connection.expect('start', OK, compressed(Buffer.concat(parts)), compressed(encodeAll(entriesOf(7, 9))))
    })
    await using client = new StreamClient(near(peer, ONCE))
    const events = await collect(client.events({ boundaries: true, follow: false }))
    expect(events.map((event) => (event.kind === 'entries' ? event.entries.length : event.kind))).toEqual([
      'connected',
      3,
      'operationBoundary',
      4,
      'operationBoundary',
      2,
    ])
  })

  test('from range to range and over lost connections', async () => {
    const dropAfter = (index: number): number | undefined => (index < 6 ? 300 + 300 * index : undefined)
    await using fake = await FakeServer.listen({ entries: 1000, dropAfter, pieceBytes: 100 })
    await using client = new StreamClient(near(fake.peer, { compression: true }))
    expect(plain(await collect(client.entries({ follow: false })))).toEqual(entriesOf(0, 1000))
    expect(fake.commands.filter((names) => names.includes('compression')).length).toBeGreaterThan(5)
    const range = client.getRange(entriesOf(100, 101)[0]?.data ?? OK, entriesOf(500, 501)[0]?.data ?? OK)
    expect(plain(await collect(range))).toEqual(entriesOf(100, 501))
  })

  test('the largest that there may be', async () => {
    const entry = { type: 1, number: 0n, data: new Uint8Array(1_048_559).fill(7) }
    await using peer = await streaming([compressed(encodeEntry(entry))], 1)
    await using client = new StreamClient(near(peer, ONCE))
    expect(await collect(client.entries({ follow: false }))).toEqual([entry])
  })
})

describe('ends the connection, after the entries before it', () => {
  const ten = encodeAll(entriesOf(0, 10))
  const frame = zstdFrame(ten)
  const bad = Uint8Array.from(frame)
  flipBits(bad, randomFrom(1), bad.length - 4)
  const lie = (size: number, frame: Uint8Array): Uint8Array => encodeCompressed({ size, frame })
  const noise = Uint8Array.from({ length: 100 }, (_, i) => (i * 89) % 251)

  test.each<[string, Uint8Array, RegExp]>([
    ['a frame that gives more than it says', lie(ten.length - 1, frame), /Cannot create a Buffer larger/],
    ['a frame that gives less', lie(ten.length + 1, frame), /they have/],
    [
      'a frame that gives 256 MiB',
      lie(MAX_COMPRESSED_SIZE, zstdFrame(new Uint8Array(2 ** 28))),
      /Cannot create a Buffer larger/,
    ],
    ['a frame cut short', lie(ten.length, frame.subarray(0, -1)), /unexpected end/],
    ['a frame whose checksum does not fit', lie(ten.length, bad), /checksum/i],
    ['bytes after the frame', lie(ten.length, Buffer.concat([frame, Uint8Array.of(0)])), /1 bytes follow the frame/],
    ['what is no frame', lie(ten.length, noise), /Unknown frame descriptor/],
    ['a frame with a large window', lie(ten.length, frameOf(ten, 22)), /too much memory|window/i],
    ['a compressed packet in another', compressed(compressed(ten)), /"compressed" instead of a compressed entry/],
    ['a header', compressed(headerOf(10)), /"header" instead of a compressed entry/],
    ['a result', compressed(encodeResult(0, 'no text for it')), /"result" 0 "no text for it" instead of a comp/],
    [
      'a progress',
      compressed(encodeProgress({ nextEntry: 10n, digest: noise.subarray(0, 32) })),
      /"progress" instead of a compressed entry/,
    ],
    ['a response', compressed(encodeEntry({ type: 1, number: 0n, data: noise }, 0xfe)), /"response" instead of/],
    ['an unknown packet', compressed(Uint8Array.of(9, ...ten)), /packet type 9/],
    ['the beginning of an entry', compressed(encodeAll(entriesOf(11, 12)).subarray(0, 30)), /end 30 bytes into one/],
    ['a size that cannot be', Uint8Array.of(4, 0, 0, 0, 10, 0, 0x10, 0x10, 1, 0), /decompressed length 1052673/],
    ['a length that cannot be', Uint8Array.of(4, 0, 0x10, 0x10, 10), /compressed packet length 1052682/],
  ])('%s', async (_name, packet, message) => {
    const first = compressed(encodeAll(entriesOf(0, 10)))
    await using peer = await streaming([first, packet], 30)
    await using client = new StreamClient(near(peer, ONCE))
    const got: unknown[] = []
    const error = await failure(
      (async () => {
        for await (const entry of client.entries()) got.push(entry)
      })(),
    )
    expect(error).toMatchObject({ name: 'ProtocolError', message: expect.stringMatching(message) })
    expect(got).toHaveLength(10)
  })

  test('an entry that goes on in the next packet', async () => {
    const parts = [compressed(ten.subarray(0, -1)), compressed(Buffer.concat([ten.subarray(-1), ten]))]
    await using peer = await streaming(parts, 20)
    await using client = new StreamClient(near(peer, ONCE))
    expect(await failure(collect(client.entries()))).toMatchObject({ code: 'BAD_PACKET' })
  })

  test('an entry that is larger than the client accepts', async () => {
    await using peer = await streaming([compressed(ten)], 10)
    await using client = new StreamClient(near(peer, { ...ONCE, maxEntryBytes: 40 }))
    expect(await failure(collect(client.entries()))).toMatchObject({ code: 'BAD_PACKET' })
  })

  test('a compressed packet that nobody asked for', async () => {
    await using peer = await Peer.listen(async (connection) => {
      await connection.expect('header', OK, headerOf(10))
      await connection.expect('start', OK, compressed(ten))
    })
    await using client = new StreamClient(near(peer, { backoff: { maxAttempts: 1 } }))
    expect(await failure(collect(client.entries()))).toMatchObject({ code: 'UNEXPECTED_PACKET' })
  })

  test('one where an answer should be', async () => {
    await using peer = await Peer.listen(async (connection) => {
      await connection.expect('compression', OK)
      await connection.expect('header', OK, compressed(ten))
    })
    await using client = new StreamClient(near(peer, ONCE))
    expect(await failure(collect(client.entries()))).toMatchObject({ code: 'UNEXPECTED_PACKET' })
  })

  test('bits that flipped on the way: nothing but the true entries is delivered before', async () => {
    const parts = [compressed(encodeAll(entriesOf(0, 30))), compressed(encodeAll(entriesOf(30, 60)))]
    const sound = Buffer.concat(parts)
    let failed = 0
    for (let seed = 1; seed <= 150; seed++) {
      const bytes = Uint8Array.from(sound)
      flipBits(bytes, randomFrom(seed))
      await using peer = await streaming([bytes], 60)
      await using client = new StreamClient(near(peer, ONCE))
      const got = []
      try {
        for await (const entry of client.entries({ follow: false })) got.push(entry)
      } catch (error) {
        expect(error).toMatchObject({ name: expect.stringMatching(/^(Protocol|Connection)Error$/) })
        failed++
      }
      expect(plain(got)).toEqual(entriesOf(0, got.length))
    }
    expect(failed).toBeGreaterThan(140)
  })
})

describe('a server is asked', () => {
  const commandsOf = async (options: ConnectOptions): Promise<string[]> => {
    await using fake = await FakeServer.listen({ entries: 1 })
    await using client = new StreamClient(near(fake.peer, options))
    await collect(client.entries({ follow: false }))
    return fake.commands[0] ?? []
  }
  /** The network of this machine, as if the servers on it were elsewhere. */
  const elsewhere = (remoteAddress: string | undefined): ConnectOptions['net'] => ({
    ...nodeNet,
    dial: (options, onOpen) =>
      Object.defineProperty(nodeNet.dial(options, onOpen), 'remoteAddress', { value: remoteAddress }),
  })

  test.each<[string, ConnectOptions, boolean]>([
    ['on this machine', {}, false],
    ['on this machine, and true', { compression: true }, true],
    ['elsewhere', { net: elsewhere('192.0.2.7') }, true],
    ['elsewhere, and auto', { net: elsewhere('192.0.2.7'), compression: 'auto' }, true],
    ['elsewhere, and false', { net: elsewhere('192.0.2.7'), compression: false }, false],
    ['at no address', { net: elsewhere(undefined) }, false],
  ])('%s', async (_name, options, expected) => {
    expect((await commandsOf(options)).includes('compression')).toBe(expected)
  })
})

describe.each(['keep', 'close'] as const)('a server that does not know it (%s)', (afterUnknown) => {
  test.each([[['compression']], [['compression', 'operationBoundaries']]] as const)(
    'streams without %j',
    async (unknown) => {
      let dropped = false
      const dropAfter = (): number | undefined => {
        const isFirst = !dropped
        dropped = true
        return isFirst ? 3000 : undefined
      }
      await using fake = await FakeServer.listen({ entries: 300, unknown, afterUnknown, dropAfter })
      await using client = new StreamClient(near(fake.peer, { compression: true }))
      const events = await collect(client.events({ boundaries: true, follow: false }))
      expect(plain(events.flatMap((event) => (event.kind === 'entries' ? event.entries : [])))).toEqual(
        entriesOf(0, 300),
      )
      const boundaries = unknown.length === 1
      expect(events.filter(({ kind }) => kind === 'connected')).toMatchObject([{ boundaries }, { boundaries }])
      // One that closes is not asked again on the next connection; one that goes on may have been replaced.
      const asked = (name: string): number => fake.commands.flat().filter((other) => other === name).length
      expect(asked('compression')).toBe(afterUnknown === 'close' ? 1 : 2)
      expect(asked('operationBoundaries')).toBe(
        afterUnknown === 'close' && !boundaries ? 1 : asked('start') + Number(afterUnknown === 'close'),
      )
    },
  )
})

test('a server that closes or says nothing when it is asked is not asked again, but for operation boundaries', async () => {
  for (const reaction of ['close', 'nothing'] as const) {
    const asked: string[][] = []
    await using peer = await Peer.listen(async (connection) => {
      const names: string[] = []
      asked.push(names)
      for (;;) {
        const command = await connection.command()
        if (command === undefined) return
        names.push(command.name)
        if (command.name === 'compression') {
          if (reaction === 'close') return connection.end()
        } else if (command.name === 'header') connection.send(OK, headerOf(5))
        else if (command.name === 'start') connection.send(OK, encodeAll(entriesOf(0, 5)))
        else connection.send(OK)
      }
    })
    await using client = new StreamClient(near(peer, { compression: true, responseTimeoutMs: 300 }))
    expect(plain(await collect(client.entries({ follow: false })))).toEqual(entriesOf(0, 5))
    await collect(client.events({ boundaries: true, follow: false }))
    expect(asked.map((names) => names.filter((name) => name !== 'stop'))).toEqual([
      ['compression'],
      ['header', 'start'],
      ['operationBoundaries', 'header', 'start'],
    ])
  }
})

import { encodeEntry, encodeOperationBoundary, encodeResult } from '@datastreamer/format'
import { ManualClock } from '@datastreamer/runtime/testing'
import { describe, expect, test } from 'vitest'
import { StreamClient } from '../src/index.ts'
import { bookmarkAt, encodeAll, entriesOf, entryAt, headerOf, plain } from './support/entries.ts'
import { collect, failure, near } from './support/options.ts'
import { OK, Peer, type PeerConnection } from './support/peer.ts'

const good = encodeAll(entriesOf(0, 4))
const LIMIT_MS = 100
/** Of a clock that stands still nobody need wait for. */
const AT_ONCE = { minMs: 0, maxMs: 0 }

/** Let the time run out that a client grants the next byte. */
async function runOut(clock: ManualClock): Promise<void> {
  await clock.waitingFor(LIMIT_MS)
  clock.advance(LIMIT_MS)
}

/** A server that answers every Header, and Start with what the test says. */
function streaming(onStart: (connection: PeerConnection, index: number, from: number) => unknown, total = 6) {
  return Peer.listen(async (connection, index) => {
    for (;;) {
      const command = await connection.command()
      if (command === undefined) return
      if (command.name === 'header') connection.send(OK, headerOf(total))
      else if (command.name === 'start') await onStart(connection, index, Number(command.fromEntryNumber))
      else if (command.name === 'entry') connection.send(OK, encodeEntry(entryAt(command.entryNumber), 0xfe))
    }
  })
}

describe('a fault of one connection costs nothing', () => {
  const faults: [name: string, fault: (connection: PeerConnection, clock: ManualClock) => unknown, code: string][] = [
    ['a gap', (c) => c.send(good, encodeEntry(entryAt(5n))), 'GAP'],
    ['a repetition', (c) => c.send(good, encodeEntry(entryAt(3n))), 'GAP'],
    ['numbers from before', (c) => c.send(encodeAll(entriesOf(0, 2)), encodeAll(entriesOf(0, 2))), 'GAP'],
    ['garbage', (c) => c.send(good, Uint8Array.of(0x47, 0x45, 0x54)), 'BAD_PACKET'],
    ['padding', (c) => c.send(good, new Uint8Array(32)), 'BAD_PACKET'],
    ['an entry of an impossible length', (c) => c.send(good, Uint8Array.of(2, 0, 0x20, 0, 0)), 'BAD_PACKET'],
    ['a result', (c) => c.send(good, encodeResult(1)), 'UNEXPECTED_PACKET'],
    ['a header', (c) => c.send(good, headerOf(9)), 'UNEXPECTED_PACKET'],
    ['an answer to no question', (c) => c.send(good, encodeEntry(entryAt(4n), 0xfe)), 'UNEXPECTED_PACKET'],
    [
      'an operation boundary',
      (c) => c.send(good, encodeOperationBoundary({ nextEntry: 4n, gap: false })),
      'UNEXPECTED_PACKET',
    ],
    ['half an entry, then the end', (c) => [c.send(good.subarray(0, -3)), c.end()], 'CLOSED'],
    ['half an entry, then nothing', (c, clock) => [c.send(good.subarray(0, -3)), runOut(clock)], 'TIMEOUT'],
    ['nothing though there is more', (c, clock) => [c.send(good), runOut(clock)], 'TIMEOUT'],
  ]

  test.each(faults)('%s', async (_, fault, code) => {
    const clock = new ManualClock()
    await using peer = await streaming((connection, index, from) => {
      connection.send(OK)
      if (index === 0) fault(connection, clock)
      else connection.send(encodeAll(entriesOf(from, 6)))
    })
    await using client = new StreamClient(near(peer, { clock, responseTimeoutMs: LIMIT_MS, backoff: AT_ONCE }))
    const events = await collect(client.events({ follow: false }))
    const entries = events.flatMap((event) => (event.kind === 'entries' ? event.entries : []))
    expect(plain(entries)).toEqual(entriesOf(0, 6))
    expect(events.filter(({ kind }) => kind === 'disconnected')).toEqual([
      expect.objectContaining({ error: expect.objectContaining({ code }) }),
    ])
    await peer.connections[0]?.closed
  })
})

describe('a fault of the server is thrown', () => {
  test('a gap that is always at the same place, after what came before it', async () => {
    await using peer = await streaming((connection, _, from) =>
      connection.send(OK, encodeAll(entriesOf(from, 3)), encodeAll(entriesOf(4, 6))),
    )
    await using client = new StreamClient(near(peer))
    const seen: bigint[] = []
    const reading = async () => {
      for await (const { number } of client.entries()) seen.push(number)
    }
    expect(await failure(reading())).toMatchObject({ name: 'ProtocolError', code: 'GAP' })
    expect(seen).toEqual([0n, 1n, 2n])
    expect(peer.connections).toHaveLength(4)
  })

  test('garbage for ever', async () => {
    await using peer = await Peer.listen((connection) => connection.send(Uint8Array.of(0x47, 0x45, 0x54)))
    await using client = new StreamClient(near(peer))
    const error = await failure(collect(client.entries()))
    expect(error).toMatchObject({ name: 'ProtocolError' })
    expect(peer.connections).toHaveLength(4)
  })

  test.each([1, 2, 9])('a start that is refused with %i', async (code) => {
    await using peer = await streaming((connection) => connection.result(code))
    await using client = new StreamClient(near(peer))
    expect(await failure(collect(client.entries()))).toMatchObject({ name: 'ServerRefusedError', resultCode: code })
    expect(peer.connections).toHaveLength(1)
  })

  test('another entry where the bookmark at which to end should be', async () => {
    await using peer = await Peer.listen(async (connection) => {
      await connection.expect('header', OK, headerOf(6))
      await connection.expect('startBookmark', OK, encodeEntry(entryAt(4n)))
    })
    await using client = new StreamClient(near(peer))
    const error = await failure(collect(client.entries({ to: { bookmark: bookmarkAt(5n) } })))
    expect(error).toMatchObject({
      code: 'UNEXPECTED_PACKET',
      message: expect.stringContaining('entry 4 is not the bookmark'),
    })
  })

  test('an entry longer than the limit', async () => {
    const large = encodeEntry({ type: 1, number: 0n, data: new Uint8Array(100) })
    await using peer = await streaming((connection) => connection.send(OK, large))
    await using client = new StreamClient(near(peer, { maxEntryBytes: 116 }))
    expect(await failure(collect(client.entries()))).toMatchObject({
      code: 'BAD_PACKET',
      cause: { code: 'BAD_LENGTH' },
    })
  })
})

test('a stream that comes byte by byte is whole', async () => {
  await using peer = await streaming(async (connection) => {
    connection.send(OK)
    await connection.drip(encodeAll(entriesOf(0, 6)), 1)
  })
  await using client = new StreamClient(near(peer))
  expect(plain(await collect(client.entries({ follow: false })))).toEqual(entriesOf(0, 6))
})

test('the end of a stream is not disturbed by what the server sends after it', async () => {
  await using peer = await streaming((connection) =>
    connection.send(OK, encodeAll(entriesOf(0, 6)), encodeEntry(entryAt(9n)), Uint8Array.of(0x99)),
  )
  await using client = new StreamClient(near(peer))
  expect(await collect(client.entries({ follow: false }))).toHaveLength(6)
  expect(peer.connections).toHaveLength(1)
})

describe('no traffic at the head', () => {
  test('is fine', async () => {
    const clock = new ManualClock()
    await using peer = await streaming((connection) => connection.send(OK, encodeAll(entriesOf(0, 6))))
    const options = { clock, responseTimeoutMs: LIMIT_MS, headCheckMs: 7_200_000 }
    await using client = new StreamClient(near(peer, options))
    const entries = client.entries({ to: 6n })
    for (let i = 0; i < 6; i++) await entries.next()
    const last = entries.next()
    clock.advance(3_600_000)
    peer.connections[0]?.send(encodeAll(entriesOf(6, 7)))
    expect(await last).toMatchObject({ done: false, value: { number: 6n } })
    expect(peer.connections).toHaveLength(1)
  })

  test('is not within an entry', async () => {
    const clock = new ManualClock()
    await using peer = await streaming((connection, index, from) => {
      connection.send(OK, encodeAll(entriesOf(from, 7)).subarray(0, index === 0 ? -1 : undefined))
      if (index === 0) void runOut(clock)
    })
    await using client = new StreamClient(near(peer, { clock, responseTimeoutMs: LIMIT_MS, backoff: AT_ONCE }))
    expect(plain(await collect(client.entries({ to: 6n })))).toEqual(entriesOf(0, 7))
    expect(peer.connections).toHaveLength(2)
  })

  test('is not if there is a limit to it', async () => {
    const clock = new ManualClock()
    await using peer = await streaming((connection, index, from) => {
      connection.send(OK, encodeAll(entriesOf(from, 6 + index)))
      if (index === 0) void runOut(clock)
    })
    await using client = new StreamClient(near(peer, { clock, idleTimeoutMs: LIMIT_MS, backoff: AT_ONCE }))
    expect(plain(await collect(client.entries({ to: 6n })))).toEqual(entriesOf(0, 7))
    expect(peer.connections).toHaveLength(2)
  })
})

describe('a stale entry at the head, the real entry later', () => {
  const stale = encodeEntry(entryAt(6n, 99))
  const real = encodeEntry(entryAt(6n))
  /** @param until what the real entry waits for: `asked` resolves when the header is asked for after the stale entry */
  const server = (until: (asked: Promise<void>) => Promise<void>) => {
    let committed = false
    let onAsked: (() => void) | undefined
    return Peer.listen(async (connection, index) => {
      for (;;) {
        const command = await connection.command()
        if (command === undefined) return
        if (command.name === 'header') {
          connection.send(OK, headerOf(committed ? 7 : 6))
          onAsked?.()
        } else if (command.name === 'entry') {
          const missing = encodeEntry({ type: 0xffff_ffff, number: 0n, data: new Uint8Array(0) }, 0xfe)
          connection.send(OK, committed ? encodeEntry(entryAt(6n), 0xfe) : missing)
        } else if (command.name === 'start') {
          const from = Number(command.fromEntryNumber)
          connection.send(OK, encodeAll(entriesOf(from, 6)), committed ? real : stale)
          if (index > 0) continue
          const asked = new Promise<void>((resolve) => {
            onAsked = resolve
          })
          // Meanwhile others may ask.
          void until(asked).then(() => {
            committed = true
            connection.send(real)
          })
        }
      }
    })
  }

  test('is never delivered if the head is verified', async () => {
    await using peer = await server((asked) => asked)
    await using client = new StreamClient(near(peer))
    expect(plain(await collect(client.entries({ to: 6n, verifyHead: true })))).toEqual(entriesOf(0, 7))
  })

  test('is found out and reported if not', async () => {
    let onStale: () => void = () => undefined
    const staleDelivered = new Promise<void>((resolve) => {
      onStale = resolve
    })
    await using peer = await server(() => staleDelivered)
    await using client = new StreamClient(near(peer))
    const reading = async () => {
      for await (const { number } of client.entries({ to: 7n })) if (number === 6n) onStale()
    }
    expect(await failure(reading())).toMatchObject({ code: 'REWRITTEN', lastDelivered: 6n })
  })

  test('is never delivered without following', async () => {
    await using peer = await server(() => new Promise(() => undefined))
    await using client = new StreamClient(near(peer))
    expect(await collect(client.entries({ follow: false }))).toHaveLength(6)
  })
})

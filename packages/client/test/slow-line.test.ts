import { encodeEntry } from '@datastreamer/format'
import { ManualClock } from '@datastreamer/runtime/testing'
import { describe, expect, test } from 'vitest'
import { StreamClient } from '../src/index.ts'
import { encodeAll, entriesOf, headerOf, plain } from './support/entries.ts'
import { collect, failure, near } from './support/options.ts'
import { OK, Peer, type PeerConnection } from './support/peer.ts'

const large = { type: 1, number: 4n, data: new Uint8Array(1_000_000).fill(7) }

/** The client's limit: without a byte, and for a whole answer or entry beside one second for each 1,000 bytes. */
const LIMIT_MS = 10_000

/** Send so many bytes every second of the clock, each when whoever received those before waits for more. */
async function send(connection: PeerConnection, bytes: Uint8Array, perSecond: number, clock: ManualClock, wait: Wait) {
  for (let at = 0; at < bytes.length && !connection.socket.destroyed; at += perSecond) {
    clock.advance(1000)
    const arrived = wait(clock)
    connection.send(bytes.subarray(at, at + perSecond))
    if (at + perSecond < bytes.length) await Promise.race([arrived, connection.closed])
  }
}

type Wait = (clock: ManualClock) => Promise<void>
/** The client waits for the next byte as long as it may. */
const patient: Wait = (clock) => clock.waitingFor(LIMIT_MS)
/** The client waits for the next byte, less long each time. */
const anew: Wait = (clock) => clock.armedBeyond(clock.armed)

describe('bytes are progress', () => {
  test('a large answer comes over a slow line, though it takes longer than the time limit', async () => {
    const clock = new ManualClock()
    await using peer = await Peer.listen(async (connection) => {
      await connection.expect('entry', OK)
      await send(connection, encodeEntry(large, 0xfe), 40_000, clock, patient)
    })
    await using client = new StreamClient(near(peer, { clock, responseTimeoutMs: LIMIT_MS }))
    expect(plain([(await client.getEntry(4n)) ?? large])).toEqual([large])
    expect(clock.now()).toBe(26_000)
    expect(peer.connections).toHaveLength(1)
  })

  test('a large entry is streamed over a slow line, while the header says that there is more', async () => {
    const clock = new ManualClock()
    const seen: bigint[] = []
    await using peer = await Peer.listen(async (connection) => {
      for (;;) {
        const command = await connection.command()
        if (command === undefined) return
        connection.send(OK)
        if (command.name === 'header') connection.send(headerOf(6))
        if (command.name !== 'start') continue
        connection.send(encodeAll(entriesOf(0, 4)))
        await send(connection, encodeEntry(large), 40_000, clock, patient)
        connection.send(encodeAll(entriesOf(5, 6)))
      }
    })
    await using client = new StreamClient(near(peer, { clock, responseTimeoutMs: LIMIT_MS }))
    const headers = {
      intervalMs: 1000,
      onHeader: ({ totalEntries }: { totalEntries: bigint }) => seen.push(totalEntries),
    }
    const events = await collect(client.events({ follow: false, headers }))
    const entries = events.flatMap((event) => (event.kind === 'entries' ? event.entries : []))
    expect(plain(entries)).toEqual([...entriesOf(0, 4), large, ...entriesOf(5, 6)])
    expect(events.filter(({ kind }) => kind === 'disconnected')).toEqual([])
    expect(seen).not.toEqual([])
  })
})

describe('a peer that trickles bytes is given up all the same', () => {
  test('in an answer', async () => {
    const clock = new ManualClock()
    await using peer = await Peer.listen(async (connection) => {
      await connection.expect('entry', OK)
      await send(connection, encodeEntry(large, 0xfe), 500, clock, anew)
    })
    await using client = new StreamClient(near(peer, { clock, responseTimeoutMs: LIMIT_MS }))
    expect(await failure(client.getEntry(4n))).toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringMatching(/no whole answer within 10000 ms$/),
    })
    expect(clock.now()).toBeLessThan(30_000)
  })

  test('in an entry', async () => {
    const clock = new ManualClock()
    await using peer = await Peer.listen(async (connection) => {
      await connection.expect('header', OK, headerOf(5))
      await connection.expect('start', OK, encodeAll(entriesOf(0, 4)))
      await send(connection, encodeEntry(large), 500, clock, anew)
    })
    const options = { clock, responseTimeoutMs: LIMIT_MS, backoff: { maxAttempts: 1 } }
    await using client = new StreamClient(near(peer, options))
    expect(await failure(collect(client.entries({ follow: false })))).toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringMatching(/no whole entry within 10000 ms$/),
    })
    expect(clock.now()).toBeLessThan(30_000)
  })
})

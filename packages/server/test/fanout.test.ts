import { tempDir } from '@datastreamer/fixtures'
import { encodeResult, PacketReader } from '@datastreamer/format'
import { turns, until } from '@datastreamer/runtime/testing'
import type { StreamStore } from '@datastreamer/store'
import { openStore } from '@datastreamer/store'
import { expect, test } from 'vitest'
import { ServerSockets } from './server-sockets.ts'
import { type RawClient, TestServer } from './tcp-client.ts'

const READERS = 100
const OPERATIONS = 150
const OPERATION_ENTRIES = 10
/** What a reader that takes nothing may cost: the chunk that is being written, and the one that is read ahead. */
const MOST_BUFFERED = 2 * 1024 * 1024

/** Commit one operation of entries of so many bytes, which hold the low byte of their number. */
async function commit(store: StreamStore, entries: number, bytes: number): Promise<void> {
  store.startAtomicOp()
  const first = Number(store.getHeader().totalEntries)
  for (let i = 0; i < entries; i++) store.addStreamEntry(1, new Uint8Array(bytes).fill(first + i))
  await store.commitAtomicOp()
}

/** The entries that a client receives, checked to be consecutive from `from` on and to hold what was added. */
function receive(client: RawClient, from: number): { next: number; failure: string | undefined } {
  const packets = new PacketReader()
  const got: { next: number; failure: string | undefined } = { next: from, failure: undefined }
  client.socket.on('data', (chunk: Uint8Array) => {
    packets.push(chunk.slice())
    for (let packet = packets.read(); packet !== undefined; packet = packets.read()) {
      if (packet.packet !== 'entry') continue
      const { number, data } = packet.entry
      if (number !== BigInt(got.next)) got.failure ??= `entry ${number} came, expected ${got.next}`
      if (data.some((byte) => byte !== Number(number % 256n))) got.failure ??= `entry ${number} is not what was added`
      got.next++
    }
  })
  return got
}

test('a reader that takes nothing costs a bounded amount of memory, and the others nothing', async () => {
  using dir = tempDir()
  using sockets = new ServerSockets()
  await using store = await openStore({ file: dir.join('data-stream.bin'), fsync: 'never', tailPages: 2 })
  for (let i = 0; i < 20; i++) await commit(store, 20, 100_000)
  const old = Number(store.getHeader().totalEntries)
  await using server = await TestServer.start(store, { writeTimeoutMs: 1_000_000 })

  using stalled = await server.connect()
  stalled.socket.pause()
  stalled.send({ name: 'start', fromEntryNumber: 0n })
  await using clients = new AsyncDisposableStack()
  const readers = await Promise.all(
    Array.from({ length: READERS }, async () => {
      const client = clients.use(await server.connect())
      const got = receive(client, old)
      client.send({ name: 'start', fromEntryNumber: BigInt(old) })
      return got
    }),
  )

  // Until the kernel takes no more of what is old.
  const { socket } = stalled
  await sockets.untilWaiting(socket)
  let mostBuffered = 0
  for (let i = 0; i < OPERATIONS; i++) {
    await commit(store, OPERATION_ENTRIES, 200)
    mostBuffered = Math.max(mostBuffered, sockets.of(socket).writableLength)
    await turns()
  }
  const end = old + OPERATIONS * OPERATION_ENTRIES
  await until(() => readers.every(({ next, failure }) => next >= end || failure !== undefined))

  expect(readers.map(({ failure }) => failure).filter(Boolean)).toEqual([])
  expect(readers.map(({ next }) => next)).toEqual(readers.map(() => end))
  expect(mostBuffered).toBeGreaterThan(0)
  expect(mostBuffered).toBeLessThanOrEqual(MOST_BUFFERED)
  const [status] = await server.server.connections()
  expect(status).toMatchObject({ state: 'streaming' })
  expect(status?.entryNumber).toBeLessThan(BigInt(old))
  expect(status?.bytesSent).toBeGreaterThan(encodeResult(0).length)
  expect(server.closed).toEqual([])
})

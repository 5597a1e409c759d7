import { Duplex } from 'node:stream'
import { encodeSourceRequest, type SourceRequest } from '@datastreamer/format/source'
import { type Net, type NetListener, type NetListenOptions, type NetSocket, nodeNet } from '@datastreamer/runtime'
import { turns, until } from '@datastreamer/runtime/testing'
import { gatedDisk, standstill } from '@datastreamer/store/testing'
import { expect, test } from 'vitest'
import { SHARE_BYTES } from '../src/source/share.ts'
import { hello, TestSources } from './source-client.ts'

const CHUNK_BYTES = 65_536

/** A source client whose next bytes are there whenever they are asked for, and that reads its answers. */
class GreedySocket extends Duplex implements NetSocket {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    super({ allowHalfOpen: true })
    this.#bytes = bytes
  }

  setTimeout(): void {}

  override _read(): void {
    if (this.#at === this.#bytes.length) return
    const chunk = this.#bytes.subarray(this.#at, this.#at + CHUNK_BYTES)
    this.#at += chunk.length
    this.push(chunk)
  }

  override _write(_chunk: Uint8Array, _encoding: BufferEncoding, done: () => void): void {
    done()
  }
}

/** A network with one connection. */
class OneSocket implements Net {
  readonly dial = nodeNet.dial
  readonly createTlsAcceptor = nodeNet.createTlsAcceptor
  #accept: NetListenOptions['onConnection'] = () => {}

  async listen({ host, onConnection }: NetListenOptions): Promise<NetListener> {
    this.#accept = onConnection
    return { address: { host, port: 1 }, close: async () => {} }
  }

  async heldBytes(): Promise<undefined> {}

  accept(socket: NetSocket): void {
    this.#accept(socket, undefined)
  }
}

const OPERATIONS = 4000

function operations(entries: number, dataBytes: number): SourceRequest[] {
  const data = new Uint8Array(dataBytes)
  return Array.from({ length: OPERATIONS }, (_, i): SourceRequest[] => [
    { name: 'startAtomicOp', firstEntry: BigInt(i * entries) },
    ...Array.from({ length: entries }, () => ({ name: 'addStreamEntry', type: 2, data }) as const),
    { name: 'commitAtomicOp' },
  ]).flat()
}

/** Operations that the server has taken so far. */
function taken({ server }: TestSources): number {
  return server.counters.commits + (server.connections()[0]?.commitsInFlight ?? 0)
}

test.each([
  { what: 'ten entries of 200 bytes', entries: 10, dataBytes: 200, most: (SHARE_BYTES + CHUNK_BYTES) / 2108 },
  // It may take all of a chunk.
  { what: 'a hundred entries of one byte', entries: 100, dataBytes: 1, most: (2 * CHUNK_BYTES) / 1018 },
  { what: 'no entries', entries: 0, dataBytes: 0, most: SHARE_BYTES / 256 / 2 },
])('a source that sends without an end leaves others their turns: operations of $what', async (shape) => {
  const net = new OneSocket()
  await using sources = await TestSources.start({ net, maxCommitsInFlight: 2 * OPERATIONS })
  const requests = [hello(), ...operations(shape.entries, shape.dataBytes)]
  const socket = new GreedySocket(Buffer.concat(requests.map(encodeSourceRequest)))
  net.accept(socket)
  let [before, most] = [0, 0]
  while (before < OPERATIONS) {
    await turns(1)
    const now = taken(sources)
    most = Math.max(most, now - before)
    before = now
  }
  expect(most).toBeGreaterThan(0)
  expect(most).toBeLessThanOrEqual(shape.most)
  await until(() => sources.server.counters.commits === OPERATIONS)
  expect(sources.store.nextEntry).toBe(BigInt(OPERATIONS * shape.entries))
  socket.destroy()
})

test('a source that has its share again and again waits for the disk too', async () => {
  const net = new OneSocket()
  const { gate, disk } = gatedDisk()
  await using sources = await TestSources.start({ net, storeOptions: { disk, spillBytes: 1 } })
  const { promise, resolve } = standstill()
  gate.beforeWrite = () => promise
  const entry: SourceRequest = { name: 'addStreamEntry', type: 2, data: Uint8Array.of(1) }
  const entries = Array.from({ length: 300_000 }, () => entry)
  const requests: SourceRequest[] = [hello(), { name: 'startAtomicOp', firstEntry: 0n }, ...entries]
  const bytes = Buffer.concat([...requests, { name: 'commitAtomicOp' } as const].map(encodeSourceRequest))
  const socket = new GreedySocket(bytes)
  net.accept(socket)
  // Until nothing more was taken for so many turns of the event loop.
  for (let quiet = 0, before = 0; quiet < 200; quiet++) {
    await turns(1)
    const now = sources.server.counters.bytesReceived
    if (now !== before) quiet = 0
    before = now
  }
  // A page may wait for the disk, and each entry has 18 bytes there but 10 in its message.
  const { bytesReceived } = sources.server.counters
  resolve()
  expect(bytesReceived).toBeLessThan(1_000_000)
  await until(() => sources.server.counters.commits === 1)
  expect(sources.store.nextEntry).toBe(300_000n)
  socket.destroy()
})

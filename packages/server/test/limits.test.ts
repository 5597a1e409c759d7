import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { encodeCommand, encodeResult } from '@datastreamer/format'
import { expect, test } from 'vitest'
import { ServerSockets } from './server-sockets.ts'
import { RawClient, TestServer } from './tcp-client.ts'
import { concat, TestLog } from './tcp-log.ts'

const HEADER = { name: 'header' } as const
const HEADER_ANSWER_BYTES = encodeResult(0).length + 38

/** A connection from an address of this machine. */
async function connectFrom(port: number, localAddress: string): Promise<RawClient> {
  const socket = connect({ port, host: '127.0.0.1', localAddress, allowHalfOpen: true })
  await once(socket, 'connect')
  return new RawClient(socket)
}

/** Whether a client is let in, and gets an answer. */
async function isServed(client: RawClient): Promise<boolean> {
  client.send(HEADER)
  return client.read(HEADER_ANSWER_BYTES).then(
    () => true,
    () => false,
  )
}

test.skipIf(process.platform !== 'linux')(
  'one address that has all that it may does not lock out another',
  async () => {
    await using server = await TestServer.start(new TestLog(), { maxConnectionsPerAddress: 2 })
    using first = await connectFrom(server.port, '127.0.0.1')
    using second = await connectFrom(server.port, '127.0.0.1')
    using third = await connectFrom(server.port, '127.0.0.1')
    using other = await connectFrom(server.port, '127.0.0.2')
    expect(await Promise.all([first, second, third, other].map(isServed))).toEqual([true, true, false, true])
    expect(server.server.counters.rejected).toEqual({ MAX_CONNECTIONS_PER_ADDRESS: 1 })
  },
)

test('clients that send a byte now and then hold their places for the command timeout and no longer', async () => {
  await using server = await TestServer.start(new TestLog(), { maxConnections: 40, commandTimeoutMs: 200 })
  await using slow = new AsyncDisposableStack()
  const clients = await Promise.all(Array.from({ length: 40 }, async () => slow.use(await server.connect())))
  const drip = setInterval(() => {
    for (const client of clients) if (client.socket.writable) client.sendHex('00')
  }, 20)
  slow.defer(() => clearInterval(drip))
  using early = await server.connect()
  expect(await isServed(early)).toBe(false)
  await server.whenClosed(40)
  using late = await server.connect()
  expect(await isServed(late)).toBe(true)
  expect(server.server.counters).toMatchObject({
    accepted: 41,
    rejected: { MAX_CONNECTIONS: 1 },
    closed: { COMMAND_TIMEOUT: 40 },
  })
})

test('a flood of commands is read no faster than its answers are taken', async () => {
  using sockets = new ServerSockets()
  const log = new TestLog()
  log.addMany(1, 500_000)
  log.commit()
  await using server = await TestServer.start(log, { writeTimeoutMs: 400 })
  using client = await server.connect()
  client.socket.pause()
  const question = encodeCommand({ name: 'entry', entryNumber: 0n }, 1n)
  const flood = concat(Array.from({ length: 40_000 }, () => question))
  for (let i = 0; i < 20; i++) client.socket.write(flood)
  while (sockets.of(client.socket).writableLength === 0) await sleep(5)
  const socket = sockets.of(client.socket)
  const read = socket.bytesRead
  await sleep(100)
  // One answer waits for the client, and nothing more is read.
  expect(socket.writableLength).toBeLessThanOrEqual(encodeResult(0).length + 500_017)
  expect(socket.bytesRead).toBe(read)
  expect(read).toBeLessThan(flood.length)
  using other = await server.connect()
  expect(await isServed(other)).toBe(true)
  expect(await server.whenClosed(1)).toEqual(['WRITE_TIMEOUT'])
})

test.each([
  ['StartBookmark of 4 GiB', '0000000000000004 0000000000000001 ffffffff', 4],
  ['Bookmark of 17 bytes', '0000000000000006 0000000000000001 00000011', 4],
  ['Bookmark of nothing', '0000000000000006 0000000000000001 00000000', 4],
  ['RangeBookmark whose end has 4 GiB', '0000000000000007 0000000000000001 00000001 aa ffffffff', 4],
  ['a command that does not exist', 'ffffffffffffffff 0000000000000001', 9],
])('%s: answered and closed before anything more is awaited, and reported', async (_name, hex, code) => {
  await using server = await TestServer.start(new TestLog())
  using client = await server.connect()
  client.sendHex(hex.replaceAll(' ', ''))
  expect(await client.rest()).toEqual(encodeResult(code as 4 | 9))
  client.socket.end()
  await server.whenClosed(1)
  expect(server.server.counters).toMatchObject({ closed: { BAD_COMMAND: 1 }, refused: { [code]: 1 } })
})

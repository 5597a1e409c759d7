import { once } from 'node:events'
import { connect } from 'node:net'
import { encodeCommand, encodeResult } from '@datastreamer/format'
import { ManualClock, turns, until } from '@datastreamer/runtime/testing'
import { concat, TestLog } from '@datastreamer/store/testing'
import { expect, test } from 'vitest'
import { ServerSockets } from './server-sockets.ts'
import { RawClient, TestServer } from './tcp-client.ts'

const HEADER = { name: 'header' } as const
const HEADER_ANSWER_BYTES = encodeResult(0).length + 38

/** A connection from an address of this machine. */
async function connectFrom(port: number, localAddress: string): Promise<RawClient> {
  const socket = connect({ port, host: '127.0.0.1', localAddress, allowHalfOpen: true })
  await once(socket, 'connect')
  return new RawClient(socket)
}

/** Whether a client is accepted, and gets an answer. */
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
    expect((await server.server.counters()).rejected).toEqual({ MAX_CONNECTIONS_PER_ADDRESS: 1 })
  },
)

test('clients that send a byte now and then keep their connections for the command timeout and no longer', async () => {
  const clock = new ManualClock()
  using sockets = new ServerSockets()
  await using server = await TestServer.start(new TestLog(), { maxConnections: 40, commandTimeoutMs: 200, clock })
  await using slow = new AsyncDisposableStack()
  const clients = await Promise.all(Array.from({ length: 40 }, async () => slow.use(await server.connect())))
  for (const { socket } of clients) socket.on('end', () => socket.end())
  const accepted = await Promise.all(clients.map(({ socket }) => sockets.accepted(socket)))
  for (let bytes = 1; bytes <= 4; bytes++) {
    for (const client of clients) client.sendHex('00')
    await until(() => accepted.every(({ bytesRead }) => bytesRead === bytes))
    await turns()
    if (bytes < 4) await clock.pass(60)
  }
  using early = await server.connect()
  expect(await isServed(early)).toBe(false)
  expect(server.closed).toEqual([])
  await clock.pass(60)
  await server.whenClosed(40)
  using late = await server.connect()
  expect(await isServed(late)).toBe(true)
  expect(await server.server.counters()).toMatchObject({
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
  await using server = await TestServer.start(log, { writeTimeoutMs: 1_000_000 })
  using client = await server.connect()
  client.socket.pause()
  const question = encodeCommand({ name: 'entry', entryNumber: 0n }, 1n)
  const flood = concat(Array.from({ length: 40_000 }, () => question))
  for (let i = 0; i < 20; i++) client.socket.write(flood)
  using other = await server.connect()
  const socket = await sockets.untilWaiting(client.socket)
  // Until the kernel holds all that it can: then one answer waits for the client, and nothing more is read.
  let read = 0
  for (let rounds = 0; rounds < 20; rounds++) {
    if (socket.bytesRead !== read) rounds = 0
    read = socket.bytesRead
    expect(await isServed(other)).toBe(true)
  }
  expect(socket.writableLength).toBeGreaterThan(0)
  expect(socket.writableLength).toBeLessThanOrEqual(encodeResult(0).length + 500_017)
  expect(read).toBeLessThan(20 * flood.length)
  while (server.closed.length === 0) {
    if (!socket.destroyed) sockets.timeOut(client.socket)
    await turns()
  }
  expect(server.closed).toEqual(['WRITE_TIMEOUT'])
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
  expect(await server.server.counters()).toMatchObject({ closed: { BAD_COMMAND: 1 }, refused: { [code]: 1 } })
})

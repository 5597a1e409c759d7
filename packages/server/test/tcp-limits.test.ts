import { once } from 'node:events'
import { encodeCommand, encodeResult } from '@datastreamer/format'
import { type Clock, nodeNet, systemClock } from '@datastreamer/runtime'
import { ManualClock, turns, until } from '@datastreamer/runtime/testing'
import { concat, TestLog } from '@datastreamer/store/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ListenError } from '../src/socket/listener.ts'
import { StreamServer } from '../src/stream-server.ts'
import { ServerSockets } from './server-sockets.ts'
import { packetsIn, RawClient, TestServer } from './tcp-client.ts'

const OK = encodeResult(0)
const START = { name: 'start', fromEntryNumber: 0n } as const
const HEADER = { name: 'header' } as const
const HEADER_ANSWER_BYTES = OK.length + 38

function logOf(count: number, dataBytes: number, inMemory = true): TestLog {
  const log = new TestLog({ inMemory })
  log.addMany(count, dataBytes)
  log.commit()
  return log
}

/** Longer than any test: what is to time out does so when the test says it. */
const LONG_MS = 1_000_000

/** Time that tests let pass: one that Node does not report, since bytes were taken, makes the next one late. */
let passedMs = 0
const clock: Clock = { ...systemClock, now: () => systemClock.now() + passedMs }

/** Let one of the four parts of a write timeout pass, and what the server then asks the kernel for come. */
async function timeOut(sockets: ServerSockets, client: RawClient): Promise<void> {
  passedMs += LONG_MS / 4
  sockets.timeOut(client.socket)
  await nodeNet.heldBytes(client.socket)
  await turns()
}

async function timeOutUntil(sockets: ServerSockets, client: RawClient, isSo: () => boolean): Promise<void> {
  const socket = sockets.of(client.socket)
  while (!isSo()) {
    passedMs += LONG_MS / 4
    if (!socket.destroyed) sockets.timeOut(client.socket)
    await turns()
  }
}

describe('connections', () => {
  test('in total', async () => {
    await using server = await TestServer.start(new TestLog(), { maxConnections: 2 })
    using first = await server.connect()
    using second = await server.connect()
    using third = await server.connect()
    expect(await third.rest()).toEqual(new Uint8Array())
    expect(server.events.at(-1)).toMatchObject({ type: 'rejected', reason: 'MAX_CONNECTIONS' })
    second.send(HEADER)
    await second.read(HEADER_ANSWER_BYTES)
    first.socket.destroy()
    await server.whenClosed(1)
    using fourth = await server.connect()
    fourth.send(HEADER)
    await fourth.read(HEADER_ANSWER_BYTES)
    expect(await server.server.counters()).toMatchObject({ accepted: 3, rejected: { MAX_CONNECTIONS: 1 } })
  })

  test('per address', async () => {
    await using server = await TestServer.start(new TestLog(), { maxConnectionsPerAddress: 1 })
    using first = await server.connect()
    using second = await server.connect()
    expect(await second.rest()).toEqual(new Uint8Array())
    expect(server.events.at(-1)).toMatchObject({
      type: 'rejected',
      reason: 'MAX_CONNECTIONS_PER_ADDRESS',
      remoteAddress: '127.0.0.1',
    })
    first.send(HEADER)
    await first.read(HEADER_ANSWER_BYTES)
  })

  test('are to be seen', async () => {
    const log = logOf(5, 100)
    await using server = await TestServer.start(log)
    using client = await server.connect()
    client.send({ name: 'start', fromEntryNumber: 3n })
    await client.read(OK.length + 2 * 117)
    expect(await server.server.connections()).toMatchObject([
      {
        id: 1,
        remoteAddress: '127.0.0.1',
        remotePort: client.socket.localPort,
        state: 'streaming',
        entryNumber: 5n,
        lagEntries: 0,
        bytesSent: OK.length + 2 * 117,
      },
    ])
    client.send({ name: 'stop' })
    await client.read(OK.length)
    expect(await server.server.connections()).toMatchObject([{ state: 'stopped', entryNumber: undefined }])
    expect((await server.server.counters()).bytesSent).toBe(2 * OK.length + 2 * 117)
    expect(server.events.map((event) => event.type)).toEqual(['listening', 'connected', 'streaming', 'stopped'])
  })
})

describe('a client that does not read', () => {
  test('is dropped after the write timeout', async () => {
    await using server = await TestServer.start(logOf(300, 50_000, false), { writeTimeoutMs: 400 })
    using stalled = await server.connect()
    stalled.socket.pause()
    const began = performance.now()
    stalled.send(START)
    expect(await server.whenClosed(1)).toEqual(['WRITE_TIMEOUT'])
    // Timers of whole milliseconds, four of them.
    expect(performance.now() - began).toBeGreaterThan(400 - 4)
  })

  test('holds up no other, and is dropped once it has taken nothing for so long', async () => {
    const log = logOf(300, 50_000, false)
    using sockets = new ServerSockets()
    await using server = await TestServer.start(log, { writeTimeoutMs: LONG_MS, clock })
    using stalled = await server.connect()
    stalled.socket.pause()
    stalled.send(START)
    using live = await server.connect()
    live.send({ name: 'start', fromEntryNumber: 300n })
    await live.read(OK.length)
    for (let i = 0; i < 20; i++) {
      const operation = log.addMany(2, 1000)
      log.commit()
      expect(await live.read(operation.length)).toEqual(operation)
    }
    await sockets.untilWaiting(stalled.socket)
    expect(server.closed).toEqual([])
    await timeOutUntil(sockets, stalled, () => server.closed.length > 0)
    expect(server.closed).toEqual(['WRITE_TIMEOUT'])
  })

  test('gets no more answers than it reads', async () => {
    const log = logOf(1, 100_000)
    await using server = await TestServer.start(log, { writeTimeoutMs: 300 })
    using client = await server.connect()
    client.socket.pause()
    const question = encodeCommand({ name: 'entry', entryNumber: 0n }, 1n)
    client.socket.write(concat(Array.from({ length: 20_000 }, () => question)))
    await server.whenClosed(1)
    // What is in the kernel's buffers, and one answer; 20,000 would be 2 GB.
    const { bytesSent } = server.events.find((event) => event.type === 'closed') ?? { bytesSent: 0 }
    expect(bytesSent).toBeLessThan(20_000_000)
    expect(server.closed).toEqual(['WRITE_TIMEOUT'])
  })

  test('also if it is notified that it breaks the protocol', async () => {
    using sockets = new ServerSockets()
    await using server = await TestServer.start(logOf(300, 50_000), { writeTimeoutMs: LONG_MS, clock })
    using client = await server.connect()
    client.socket.pause()
    client.send(START)
    const socket = await sockets.untilWaiting(client.socket)
    client.sendHex('00'.repeat(16))
    client.sendHex('00'.repeat(1_000_000))
    await until(() => socket.writableEnded)
    await timeOutUntil(sockets, client, () => server.closed.length > 0)
    expect(server.closed).toEqual(['BAD_COMMAND WRONG_STREAM_TYPE'])
  })

  test('stays if it is only slow', async () => {
    using sockets = new ServerSockets()
    await using server = await TestServer.start(logOf(600, 50_000, false), { writeTimeoutMs: LONG_MS, clock })
    using client = await server.connect()
    client.socket.pause()
    client.send(START)
    const socket = await sockets.untilWaiting(client.socket)
    const sent = async (): Promise<number> => (await server.server.connections())[0]?.bytesSent ?? 0
    let timeouts = 0
    socket.on('timeout', () => timeouts++)
    while (timeouts < 9) {
      await sockets.untilWaiting(client.socket)
      const before = await sent()
      // Three of the four parts of its time.
      for (const enough = timeouts + 3; timeouts < enough; ) await timeOut(sockets, client)
      // A little at a time: who reads as fast as it comes may have the whole stream before it stops.
      while ((await sent()) === before) {
        client.socket.read()
        await turns()
      }
    }
    expect(await server.server.connections()).toMatchObject([{ state: 'streaming' }])
    client.socket.resume()
    await client.read(OK.length + 600 * 50_017)
  })

  test.skipIf(process.platform !== 'linux')('stays even if it is so slow that its socket stays full', async () => {
    using sockets = new ServerSockets()
    await using server = await TestServer.start(logOf(1000, 50_000), { writeTimeoutMs: LONG_MS, clock })
    using client = await server.connect()
    client.socket.pause()
    client.send(START)
    const socket = await sockets.untilWaiting(client.socket)
    const held = async (): Promise<number> => (await nodeNet.heldBytes(socket)) ?? 0
    let timeouts = 0
    socket.on('timeout', () => timeouts++)
    // Whenever its time has begun it takes a little, of which the server sees only that the kernel holds less.
    while (timeouts < 9) {
      await sockets.untilWaiting(client.socket)
      const looked = timeouts
      while (timeouts === looked) await timeOut(sockets, client)
      const before = await held()
      const sent = (await server.server.counters()).bytesSent
      while ((await held()) >= before && (await server.server.counters()).bytesSent === sent && !socket.destroyed) {
        client.socket.read(20_000) ?? client.socket.read()
        await turns()
      }
      // If the socket took something, its time begins anew.
      if ((await server.server.counters()).bytesSent !== sent) continue
      for (let i = 0; i < 3; i++) await timeOut(sockets, client)
    }
    expect(server.closed).toEqual([])
    client.socket.resume()
  })
})

describe('a client that is silent', () => {
  test('is dropped after the inactivity timeout', async () => {
    await using server = await TestServer.start(new TestLog(), { inactivityTimeoutMs: 100 })
    using client = await server.connect()
    expect(await client.rest()).toEqual(new Uint8Array())
    expect(await server.whenClosed(1)).toEqual(['INACTIVE'])
  })

  test('has that time whenever it asks for something', async () => {
    using sockets = new ServerSockets()
    await using server = await TestServer.start(new TestLog(), { inactivityTimeoutMs: LONG_MS })
    using client = await server.connect()
    for (let i = 0; i < 4; i++) {
      client.send(HEADER)
      await client.read(HEADER_ANSWER_BYTES)
      await until(() => sockets.of(client.socket).timeout === LONG_MS)
    }
    sockets.timeOut(client.socket)
    expect(await client.rest()).toEqual(new Uint8Array())
    expect(await server.whenClosed(1)).toEqual(['INACTIVE'])
  })

  test('may stay if there is no timeout', async () => {
    const clock = new ManualClock()
    using sockets = new ServerSockets()
    await using server = await TestServer.start(new TestLog(), { inactivityTimeoutMs: 0, commandTimeoutMs: 0, clock })
    using client = await server.connect()
    client.sendHex('00000000')
    const socket = await sockets.accepted(client.socket)
    await until(() => socket.bytesRead === 4)
    await clock.pass(LONG_MS)
    expect(socket.timeout ?? 0).toBe(0)
    client.sendHex('000000030000000000000001')
    expect(packetsIn(await client.read(HEADER_ANSWER_BYTES))).toEqual(['result 0', 'header 0'])
  })

  test.each([
    ['stopped', false],
    ['streaming', true],
  ])('must end a command that it has begun, while %s', async (_name, isStreaming) => {
    const clock = new ManualClock()
    using sockets = new ServerSockets()
    await using server = await TestServer.start(new TestLog(), { commandTimeoutMs: 150, clock })
    using client = await server.connect()
    if (isStreaming) {
      client.send(START)
      await client.read(OK.length)
    }
    const socket = await sockets.accepted(client.socket)
    for (const [i, closed] of [[], [], [], ['COMMAND_TIMEOUT']].entries()) {
      const { bytesRead } = socket
      client.sendHex('00')
      await until(() => socket.bytesRead > bytesRead)
      await turns()
      await clock.pass(40)
      if (i === 3) client.socket.end()
      if (i === 3) await server.whenClosed(1)
      expect(server.closed).toEqual(closed)
    }
  })
})

describe('a client that ends its side', () => {
  test('has all answered that it asked for', async () => {
    await using server = await TestServer.start(logOf(3, 10))
    using client = await server.connect()
    for (let i = 0; i < 50; i++) client.send(HEADER)
    client.send({ name: 'entry', entryNumber: 2n })
    client.socket.end()
    const answers = packetsIn(await client.rest())
    expect(answers).toHaveLength(102)
    expect(answers.at(-1)).toBe('response 2')
    expect(await server.whenClosed(1)).toEqual(['CLIENT_ENDED'])
  })

  test('gets a whole range, and only the beginning of a stream', async () => {
    const log = new TestLog({ inMemory: false })
    log.add(0xb0, Uint8Array.of(1))
    log.addMany(200, 50_000)
    log.add(0xb0, Uint8Array.of(2))
    log.commit()
    await using server = await TestServer.start(log)
    using range = await server.connect()
    range.send({ name: 'rangeBookmark', from: Uint8Array.of(1), to: Uint8Array.of(2) })
    range.socket.end()
    expect(packetsIn((await range.rest()).subarray(OK.length + 8))).toHaveLength(202)
    using stream = await server.connect()
    stream.send(START)
    stream.socket.end()
    const got = packetsIn(await stream.rest())
    expect(got.slice(0, 3)).toEqual(['result 0', 'entry 0', 'entry 1'])
    expect(got.at(-1)).toBe(`entry ${got.length - 2}`)
    expect(await server.whenClosed(2)).toEqual(['CLIENT_ENDED', 'CLIENT_ENDED'])
  })

  test('in the middle of a command', async () => {
    await using server = await TestServer.start(new TestLog())
    using client = await server.connect()
    client.sendHex('0000')
    client.socket.end()
    expect(await client.rest()).toEqual(new Uint8Array())
    expect(await server.whenClosed(1)).toEqual(['CLIENT_ENDED'])
  })

  test('by resetting the connection', async () => {
    await using server = await TestServer.start(logOf(300, 50_000, false))
    using client = await server.connect()
    client.send(START)
    await client.read(100_000)
    client.socket.resetAndDestroy()
    expect(await server.whenClosed(1)).toEqual(['CONNECTION_LOST ECONNRESET'])
  })
})

test('garbage closes the connection that it comes from', async () => {
  await using server = await TestServer.start(logOf(3, 10), { commandTimeoutMs: 100 })
  let closed = 0
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 200 }),
    // Commands with a right head.
    fc
      .tuple(fc.integer({ min: 0, max: 8 }), fc.uint8Array({ maxLength: 60 }))
      .map(([command, rest]) => Uint8Array.of(0, 0, 0, 0, 0, 0, 0, command, 0, 0, 0, 0, 0, 0, 0, 1, ...rest)),
  )
  await fc.assert(
    fc.asyncProperty(bytes, async (garbage) => {
      using client = await server.connect()
      client.socket.end(garbage)
      await client.rest()
      expect(await server.whenClosed(++closed)).toHaveLength(closed)
    }),
    { numRuns: 150 },
  )
  using client = await server.connect()
  client.send(HEADER)
  expect(packetsIn(await client.read(HEADER_ANSWER_BYTES))).toEqual(['result 0', 'header 3'])
})

describe('close', () => {
  test('ends streams between two entries', async () => {
    const log = logOf(300, 50_000)
    const server = await TestServer.start(log)
    using reading = await server.connect()
    using idle = await server.connect()
    reading.send(START)
    await reading.read(100_000)
    const rest = reading.rest()
    reading.socket.on('end', () => reading.socket.end())
    idle.socket.on('end', () => idle.socket.end())
    const closing = server.server.close({ graceMs: LONG_MS })
    expect(server.server.close()).toBe(closing)
    await closing
    expect(await idle.rest()).toEqual(new Uint8Array())
    expect((100_000 + (await rest).length - OK.length) % 50_017).toBe(0)
    expect(server.closed).toEqual(['SERVER_CLOSED', 'SERVER_CLOSED'])
    expect(await server.server.connections()).toEqual([])
    await expect(RawClient.connect(server.port)).rejects.toThrow()
    await expect(server.server.listen({ port: 0 })).rejects.toThrow(TypeError)
    await server[Symbol.asyncDispose]()
  })

  test('drops those that do not read', async () => {
    using sockets = new ServerSockets()
    const server = await TestServer.start(logOf(300, 50_000))
    using stalled = await server.connect()
    stalled.socket.pause()
    stalled.send(START)
    await sockets.untilWaiting(stalled.socket)
    await server.server.close({ graceMs: 50 })
    expect(server.closed).toEqual(['SERVER_CLOSED'])
    await server[Symbol.asyncDispose]()
  })

  test('a server that never listened', async () => {
    const { log, index } = new TestLog()
    const server = new StreamServer({ reader: { log, index } })
    await server.close()
    expect(server.address).toBeUndefined()
  })
})

test('a port in use', async () => {
  const { log, index } = new TestLog()
  await using first = await TestServer.start({ log, index })
  await using second = new StreamServer({ reader: { log, index } })
  const failure = second.listen({ port: first.port })
  await expect(failure).rejects.toThrow(ListenError)
  await expect(failure).rejects.toMatchObject({ code: 'LISTEN_FAILED', retryable: true })
  await second.listen({ port: 0 })
  const client = await RawClient.connect(second.address?.port ?? 0)
  client.socket.end()
  await once(client.socket, 'close')
})

import { setImmediate as turn } from 'node:timers/promises'
import { BOOKMARK_TYPE, encodeResult } from '@datastreamer/format'
import { turns, until } from '@datastreamer/runtime/testing'
import type { KnownBoundaries } from '@datastreamer/store/log'
import { concat, TestLog } from '@datastreamer/store/testing'
import { describe, expect, test, vi } from 'vitest'
import { ClientConnection } from '../src/tcp/client-connection.ts'
import { FairScheduler } from '../src/tcp/fair-scheduler.ts'
import { ServerSockets } from './server-sockets.ts'
import { packetsIn, type RawClient, TestServer } from './tcp-client.ts'

const OK = encodeResult(0)
const start = (from: number) => ({ name: 'start', fromEntryNumber: BigInt(from) }) as const
const numbers = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => `entry ${from + i}`)

describe('every entry once, in order', () => {
  test.each([
    ['from memory', { keepPages: 1000 }],
    ['from memory and disk', { keepPages: 1 }],
    ['from disk', { inMemory: false }],
  ])('%s, for readers that join while operations are committed', async (_name, options) => {
    const log = new TestLog(options)
    await using server = await TestServer.start(log)
    const sent: Uint8Array[] = []
    const readers: { readonly client: RawClient; readonly from: number }[] = []
    // Entries that fill a page within some operations, so that readers come past page ends of all kinds.
    for (let i = 0; i < 60; i++) {
      for (let j = 0; j < 3; j++) sent.push(log.add(2, new Uint8Array(((i * 31 + j) % 7) * 20_000).fill(i)))
      log.commit()
      if (i % 5 === 0) {
        const client = await server.connect()
        const from = i % 10 === 0 ? sent.length - 1 - (i % 5) : 0
        client.send(start(Math.max(0, from)))
        readers.push({ client, from: Math.max(0, from) })
      } else {
        await turn()
      }
    }
    for (const { client, from } of readers) {
      const expected = concat([OK, ...sent.slice(from)])
      const got = await client.read(expected.length)
      expect(Buffer.compare(got, expected)).toBe(0)
      client.socket.destroy()
    }
  })

  test('readers at the head wait in no queue for what is committed', async () => {
    const enter = vi.spyOn(FairScheduler.prototype, 'enqueue')
    try {
      const log = new TestLog()
      await using server = await TestServer.start(log)
      const clients = await Promise.all(Array.from({ length: 5 }, () => server.connect()))
      for (const client of clients) client.send(start(0))
      for (const client of clients) await client.read(OK.length)
      await turns()
      enter.mockClear()
      for (let i = 0; i < 20; i++) {
        const operation = log.addMany(2, 10)
        log.commit()
        for (const client of clients) expect(await client.read(operation.length)).toEqual(operation)
      }
      expect(enter).not.toHaveBeenCalled()
      // Nor do they miss a command for it.
      for (const client of clients) expect(await client.stopped()).toEqual([])
      for (const client of clients) client[Symbol.dispose]()
    } finally {
      enter.mockRestore()
    }
  })

  test('a reader at the end gets each operation as it is committed, and none of one that is not', async () => {
    const log = new TestLog()
    await using server = await TestServer.start(log)
    using client = await server.connect()
    client.send(start(0))
    expect(await client.read(OK.length)).toEqual(OK)
    for (let i = 0; i < 5; i++) {
      const operation = log.addMany(2, 10)
      await turns()
      log.commit()
      expect(await client.read(operation.length)).toEqual(operation)
    }
    log.addMany(2, 10)
    await turns()
    expect(await client.stopped()).toEqual([])
  })

  test('a caught-up reader is not inactive', async () => {
    const log = new TestLog()
    using sockets = new ServerSockets()
    await using server = await TestServer.start(log, { inactivityTimeoutMs: 60_000 })
    using client = await server.connect()
    client.send({ name: 'header' })
    await client.read(OK.length + 38)
    expect(sockets.of(client.socket).timeout).toBe(60_000)
    client.send(start(0))
    await client.read(OK.length)
    const bytes = log.addMany(1, 10)
    log.commit()
    expect(await client.read(bytes.length)).toEqual(bytes)
    await until(() => sockets.of(client.socket).timeout === 0)
    expect(await client.stopped()).toEqual([])
    expect(sockets.of(client.socket).timeout).toBe(60_000)
  })

  test('a header is one between operations', async () => {
    const log = new TestLog()
    log.addMany(3, 10)
    log.commit()
    log.addMany(1, 10)
    await using server = await TestServer.start(log)
    using client = await server.connect()
    client.send({ name: 'header' })
    expect(packetsIn(await client.read(OK.length + 38))).toEqual(['result 0', 'header 3'])
  })
})

describe('Stop', () => {
  test.each([
    ['from memory', true],
    ['from disk', false],
  ])('takes effect between two entries in the middle of catching up %s', async (_name, inMemory) => {
    const log = new TestLog({ inMemory })
    log.addMany(400, 50_000)
    log.commit()
    using sockets = new ServerSockets()
    await using server = await TestServer.start(log)
    using client = await server.connect()
    client.socket.pause()
    client.send(start(0))
    const { bytesRead } = await sockets.untilWaiting(client.socket)
    client.send({ name: 'stop' })
    client.send({ name: 'header' })
    await until(() => sockets.of(client.socket).bytesRead > bytesRead)
    client.socket.end()
    client.socket.resume()
    const got = packetsIn(await client.rest())
    const entries = got.slice(1, -3)
    expect(entries).toEqual(numbers(0, entries.length))
    expect(entries.length).toBeLessThan(400)
    expect([got[0], ...got.slice(-3)]).toEqual(['result 0', 'result 0', 'result 0', 'header 400'])
  })

  test('ends a range', async () => {
    const log = new TestLog({ inMemory: false })
    log.add(0xb0, Uint8Array.of(1))
    log.addMany(400, 50_000)
    log.add(0xb0, Uint8Array.of(2))
    log.commit()
    using sockets = new ServerSockets()
    await using server = await TestServer.start(log)
    using client = await server.connect()
    client.socket.pause()
    client.send({ name: 'rangeBookmark', from: Uint8Array.of(1), to: Uint8Array.of(2) })
    const { bytesRead } = await sockets.untilWaiting(client.socket)
    client.send({ name: 'stop' })
    client.send({ name: 'header' })
    await until(() => sockets.of(client.socket).bytesRead > bytesRead)
    client.socket.end()
    client.socket.resume()
    const got = await client.rest()
    expect(got.subarray(OK.length, OK.length + 8)).toEqual(Uint8Array.of(0, 0, 0, 0, 0, 0, 1, 145))
    const packets = packetsIn(got.subarray(OK.length + 8))
    expect(packets.length).toBeLessThan(400)
    expect(packets.slice(-3)).toEqual(['result 0', 'result 0', 'header 402'])
  })
})

describe('truncation', () => {
  test('ends readers beyond the new end, and only those', async () => {
    const log = new TestLog()
    const before = log.addMany(4, 100)
    log.commit()
    await using server = await TestServer.start(log)
    using late = await server.connect()
    using at = await server.connect()
    late.send(start(0))
    at.send(start(4))
    await at.read(OK.length)
    await late.read(OK.length + before.length)
    await log.truncate(4)
    const more = log.addMany(2, 100)
    log.commit()
    expect(await at.read(more.length)).toEqual(more)
    expect(await late.read(more.length)).toEqual(more)
    await log.truncate(5)
    await Promise.all([at.closed, late.closed])
    expect(await server.whenClosed(2)).toEqual(['TRUNCATED', 'TRUNCATED'])
    using fresh = await server.connect()
    fresh.send(start(4))
    expect(packetsIn(await fresh.read(OK.length + 117))).toEqual(['result 0', 'entry 4'])
  })

  test('at the start of a page leaves a reader there where the next entry will be', async () => {
    const log = new TestLog()
    const first = log.addMany(2, 500_000)
    log.addMany(1, 500_000)
    log.commit()
    await using server = await TestServer.start(log)
    using client = await server.connect()
    await log.truncate(2)
    client.send(start(2))
    await client.read(OK.length)
    await log.truncate(2)
    const small = log.addMany(1, 10)
    log.commit()
    expect(await client.read(small.length)).toEqual(small)
    using other = await server.connect()
    other.send(start(0))
    expect(await other.read(OK.length + first.length + small.length)).toEqual(concat([OK, first, small]))
  })

  test('while a run is read removes what is gone of it', async () => {
    const log = new TestLog({ inMemory: false })
    log.addMany(10, 100)
    log.commit()
    await using server = await TestServer.start(log)
    using client = await server.connect()
    client.send(start(9))
    await client.read(OK.length + 117)
    using second = await server.connect()
    log.file.beforeRead = async () => {
      log.file.beforeRead = () => {}
      await log.truncate(3)
    }
    second.send(start(0))
    expect(packetsIn(await second.read(OK.length + 3 * 117))).toEqual(['result 0', ...numbers(0, 3)])
    expect(await server.whenClosed(1)).toEqual(['TRUNCATED'])
    const more = log.addMany(1, 7)
    log.commit()
    expect(await second.read(more.length)).toEqual(more)
  })

  test('while a command is answered: the entry is not there', async () => {
    const log = new TestLog({ inMemory: false })
    log.addMany(10, 100)
    log.commit()
    await using server = await TestServer.start(log)
    using client = await server.connect()
    log.file.beforeRead = async () => {
      log.file.beforeRead = () => {}
      await log.truncate(3)
    }
    client.send(start(8))
    expect(packetsIn(await client.read(23))).toEqual(['result 3'])
    client.send({ name: 'header' })
    expect(packetsIn(await client.read(OK.length + 38))).toEqual(['result 0', 'header 3'])
  })
})

describe('what cannot be read', () => {
  test('ends the connection that needs it, and no other', async () => {
    const log = new TestLog({ inMemory: false })
    log.addMany(3, 100)
    log.commit()
    log.file.bytes[4096 + 117] = 9
    await using server = await TestServer.start(log)
    using client = await server.connect()
    client.send(start(0))
    expect(packetsIn(await client.rest())).toEqual(['result 0', 'entry 0'])
    client.socket.end()
    expect(await server.whenClosed(1)).toEqual(['READ_FAILED BAD_PACKET'])
    expect(server.events.some((event) => event.type === 'error')).toBe(true)
    using other = await server.connect()
    other.send({ name: 'entry', entryNumber: 0n })
    expect(packetsIn(await other.read(OK.length + 117))).toEqual(['result 0', 'response 0'])
  })

  test('an index that fails', async () => {
    const log = new TestLog()
    await log.index.close()
    await using server = await TestServer.start(log)
    using client = await server.connect()
    client.send({ name: 'bookmark', bookmark: Uint8Array.of(1) })
    expect(await client.rest()).toEqual(new Uint8Array())
    client.socket.end()
    expect(await server.whenClosed(1)).toEqual(['READ_FAILED CLOSED'])
  })
})

describe('operation boundaries', () => {
  const ends = (...known: readonly number[]): KnownBoundaries => ({
    lastUpTo: (number) => known.findLast((end) => end <= number),
    isKnownAt: (number) => known.some((end) => end > number),
  })

  async function packetsFrom(operationBoundaries: KnownBoundaries, from: number): Promise<string[]> {
    const log = new TestLog()
    log.addMany(9, 10)
    log.commit()
    await using server = await TestServer.start({ log: log.log, index: log.index, operationBoundaries })
    using client = await server.connect()
    client.send({ name: 'operationBoundaries' })
    client.send(start(from))
    const catchUp = await client.packetsUntil('end 9')
    log.addMany(2, 10)
    log.commit()
    return [...catchUp, ...(await client.packetsUntil('end 11')), ...(await client.stopped())]
  }

  test('are where operations are known to have ended', async () => {
    expect(await packetsFrom(ends(4, 9, 11), 2)).toEqual([
      'result 0',
      'result 0',
      ...numbers(2, 9),
      // That at 4 is passed by: boundaries are sparse.
      'end 9',
      ...numbers(9, 11),
      'end 11',
    ])
  })

  test('split a run at the last known end', async () => {
    expect((await packetsFrom(ends(0, 4), 0)).slice(2)).toEqual([
      'end 0',
      ...numbers(0, 9),
      'end 9',
      ...numbers(9, 11),
      'end 11',
    ])
    const log = new TestLog({ inMemory: false, readBytes: 8 * 27 })
    log.addMany(9, 10)
    log.commit()
    await using server = await TestServer.start({ log: log.log, index: log.index, operationBoundaries: ends(0, 4, 9) })
    using client = await server.connect()
    client.send({ name: 'operationBoundaries' })
    client.send(start(0))
    expect((await client.packetsUntil('end 9')).slice(2)).toEqual([
      'end 0',
      ...numbers(0, 4),
      'end 4',
      ...numbers(4, 8),
      'entry 8',
      'end 9',
    ])
    expect(await client.stopped()).toEqual([])
  })

  test('say where it is not known how operations end', async () => {
    const log = new TestLog({ inMemory: false, readBytes: 4 * 27 })
    log.addMany(12, 10)
    log.commit()
    await using server = await TestServer.start({ log: log.log, index: log.index, operationBoundaries: ends(2, 10) })
    using client = await server.connect()
    client.send({ name: 'operationBoundaries' })
    client.send(start(0))
    const known = [
      'end 0',
      ...numbers(0, 2),
      'end 2',
      ...numbers(2, 6),
      ...numbers(6, 10),
      'end 10',
      ...numbers(10, 12),
    ]
    expect((await client.packetsUntil('end 12')).slice(2)).toEqual([...known, 'end 12'])
    expect(await client.stopped()).toEqual([])
    await using plain = await TestServer.start(log)
    using other = await plain.connect()
    other.send({ name: 'operationBoundaries' })
    other.send(start(1))
    expect((await other.packetsUntil('end 12')).slice(2)).toEqual(['end 1 gap', ...numbers(1, 12), 'end 12'])
    expect(await other.stopped()).toEqual([])
  })

  test('are for those only who asked', async () => {
    const log = new TestLog()
    log.addMany(2, 10)
    log.commit()
    await using server = await TestServer.start(log)
    using client = await server.connect()
    client.send(start(0))
    expect(await client.packetsUntil('entry 1')).toEqual(['result 0', 'entry 0', 'entry 1'])
    log.addMany(1, 10)
    log.commit()
    expect(await client.packetsUntil('entry 2')).toEqual(['entry 2'])
    expect(await client.stopped()).toEqual([])
  })
})

test('Stop that is sent when all of a range has come does not stop it', async () => {
  const log = new TestLog()
  for (const id of [1, 2]) log.add(BOOKMARK_TYPE, Uint8Array.of(0, id))
  log.commit()
  await using server = await TestServer.start(log)
  using client = await server.connect()
  // Let the turn that ends the range wait until Stop has come.
  const answerBytes = OK.length + 8 + 2 * (17 + 2)
  const held: (() => void)[] = []
  const { enqueue } = FairScheduler.prototype
  const spy = vi.spyOn(FairScheduler.prototype, 'enqueue').mockImplementation(function (this: FairScheduler, task) {
    const isOver = task instanceof ClientConnection && task.bytesSent >= answerBytes
    if (isOver && held.length < 2) held.push(() => enqueue.call(this, task))
    else enqueue.call(this, task)
  })
  try {
    client.send({ name: 'rangeBookmark', from: Uint8Array.of(0, 1), to: Uint8Array.of(0, 2) })
    await client.read(answerBytes)
    client.send({ name: 'stop' })
    await until(() => held.length === 2)
    for (const go of held) go()
    const refusal = encodeResult(2)
    expect(await client.read(refusal.length)).toEqual(refusal)
  } finally {
    spy.mockRestore()
  }
})

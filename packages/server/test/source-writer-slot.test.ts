import { ManualClock, until } from '@datastreamer/runtime/testing'
import { RefusedError } from '@datastreamer/store'
import { describe, expect, test } from 'vitest'
import { SourceServer } from '../src/source/source-server.ts'
import { hello, operation, TestSources } from './source-client.ts'

const token = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('the writer slot', () => {
  test('has one source at a time; another is refused, and accepted when the first is closed', async () => {
    await using sources = await TestSources.start()
    using first = await sources.connect()
    await first.hello({ sourceId: 'first' })
    using second = await sources.connect()
    second.send(hello({ sourceId: 'second' }))
    expect(await second.rest()).toEqual(['closing BUSY at 0'])
    first.send(...operation(0, 1))
    expect(await first.answers(1)).toEqual(['committed 0-1'])
    first.raw.socket.destroy()
    await sources.whenClosed(1)
    using third = await sources.connect()
    expect(await third.hello({ sourceId: 'third' })).toMatchObject({ name: 'welcome', header: { totalEntries: 1n } })
  })

  test('another one with the same id takes over; what the other had open is rolled back, what it committed stays', async () => {
    await using sources = await TestSources.start()
    using first = await sources.connect()
    first.send(hello(), ...operation(0, 2), ...operation(2, 5).slice(0, -1))
    expect(await first.answers(1)).toEqual(['welcome 0'])
    using second = await sources.connect()
    expect(await second.hello()).toMatchObject({ name: 'welcome', header: { totalEntries: 2n } })
    expect((await first.rest()).at(-1)).toMatch(/^closing SUPERSEDED/)
    second.send(...operation(2, 1, 50))
    expect(await second.answers(1)).toEqual(['committed 2-3'])
    expect(await sources.bytes()).toEqual([0, 1, 52])
  })

  test('of many source clients with the same id, the last is accepted', async () => {
    await using sources = await TestSources.start()
    const clients = await Promise.all(Array.from({ length: 5 }, () => sources.connect()))
    for (const client of clients) client.send(hello())
    const [last] = clients.slice(-1)
    const ends = await Promise.all(clients.slice(0, -1).map((client) => client.rest()))
    for (const end of ends) expect(end.at(-1)).toBe('closing SUPERSEDED at 0')
    last?.send(...operation(0, 1))
    expect(await last?.answers(2)).toEqual(['welcome 0', 'committed 0-1'])
    for (const client of clients) client[Symbol.dispose]()
  })

  test('an operation that is open when the connection breaks is rolled back', async () => {
    await using sources = await TestSources.start()
    using source = await sources.connect()
    await source.hello()
    source.send(...operation(0, 5).slice(0, -1))
    await until(() => sources.server.connections()[0]?.operationOpen === true)
    expect(() => sources.store.startAtomicOp()).toThrow(RefusedError)
    source.raw.socket.resetAndDestroy()
    expect(await sources.whenClosed(1)).toEqual(['CONNECTION_LOST'])
    sources.store.startAtomicOp()
    expect(sources.store.addStreamEntry(1, new Uint8Array(0))).toBe(0n)
    sources.store.rollbackAtomicOp()
  })
})

describe('a source client that is idle', () => {
  test('loses the writer slot to another', async () => {
    const clock = new ManualClock()
    await using sources = await TestSources.start({ inactivityTimeoutMs: 120_000, clock })
    using first = await sources.connect()
    await first.hello({ sourceId: 'dead' })
    await clock.pass(120_000)
    expect(await first.rest()).toEqual(['closing INACTIVE at 0'])
    using second = await sources.connect()
    expect(await second.hello({ sourceId: 'other' })).toMatchObject({ name: 'welcome' })
  })

  test('stays if it pings, and is pinged', async () => {
    const clock = new ManualClock()
    await using sources = await TestSources.start({ inactivityTimeoutMs: 150, clock })
    using source = await sources.connect()
    await source.hello()
    for (let i = 0; i < 10; i++) {
      const { bytesReceived } = sources.server.counters
      source.send({ name: 'ping' })
      await until(() => sources.server.counters.bytesReceived > bytesReceived)
      await clock.pass(140)
    }
    expect(sources.closed).toEqual([])
    expect(Buffer.from(await source.raw.read(5)).toString('hex')).toBe('7f00000005')
  })
})

describe('a token', () => {
  test('is asked for', async () => {
    await using sources = await TestSources.start({ token: 'secret' })
    using source = await sources.connect()
    expect(await source.hello({ token: token('secret') })).toMatchObject({ name: 'welcome' })
  })

  test.each(['', 'Secret', 'secret ', 'secre'])('keeps "%s" out', async (text) => {
    await using sources = await TestSources.start({ token: 'secret' })
    using source = await sources.connect()
    source.send(hello({ token: token(text), streamType: 9n }))
    expect(await source.rest()).toEqual(['closing UNAUTHORIZED at 0'])
  })
})

describe('an address that other machines can reach', () => {
  const tls = { key: 'k', cert: 'c' }
  test.each([
    ['0.0.0.0', undefined, undefined],
    ['::', undefined, undefined],
    ['192.0.2.1', '', undefined],
    ['stream.example', undefined, tls],
    ['::', undefined, { ...tls, requestCert: true }],
    ['::', undefined, { ...tls, requestCert: true, ca: 'a', rejectUnauthorized: false }],
  ])('%s, token %s: refused without protection', async (host, tokenText, tlsOptions) => {
    await using sources = await TestSources.start()
    const server = new SourceServer({ store: sources.store, token: tokenText })
    await expect(server.listen({ host, port: 0, tls: tlsOptions })).rejects.toMatchObject({ code: 'UNPROTECTED' })
    expect(server.address).toBeUndefined()
  })

  test.each(['127.0.0.1', '127.9.9.9', 'localhost'])('%s is none', async (host) => {
    await using sources = await TestSources.start({}, { host })
    expect(sources.port).toBeGreaterThan(0)
  })

  test('is fine with a token', async () => {
    await using sources = await TestSources.start({ token: 'secret' }, { host: '0.0.0.0' })
    expect(sources.server.address?.host).toBe('0.0.0.0')
  })
})

describe('closing', () => {
  test('answers what is under way, rolls back what is open, and leaves the store alone', async () => {
    const sources = await TestSources.start()
    using source = await sources.connect()
    await source.hello()
    source.send(...operation(0, 1), { name: 'startAtomicOp', firstEntry: 1n })
    expect(await source.answers(1)).toEqual(['committed 0-1'])
    const closed = sources.server.close({ graceMs: 60_000 })
    expect(await source.rest()).toEqual(['closing SERVER_CLOSED at 1'])
    source.raw.socket.end()
    await closed
    sources.store.startAtomicOp()
    sources.store.rollbackAtomicOp()
    await sources[Symbol.asyncDispose]()
  })

  test('does not wait for a source client that does nothing', async () => {
    const sources = await TestSources.start()
    using source = await sources.connect()
    source.raw.socket.pause()
    source.send(hello())
    await until(() => sources.server.connections().length === 1)
    await sources.server.close({ graceMs: 50 })
    expect(sources.server.connections()).toEqual([])
    await sources[Symbol.asyncDispose]()
  })
})

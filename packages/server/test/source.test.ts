import { createHash } from 'node:crypto'
import { encodeEntry } from '@datastreamer/format'
import { encodeSourceRequest, type SourceRequest } from '@datastreamer/format/source'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hello, operation, RawSource, TestSources } from './source-client.ts'

describe('a source', () => {
  test('learns where the stream stands', async () => {
    await using sources = await TestSources.start({ inactivityTimeoutMs: 7000, storeOptions: { systemId: 9n } })
    using first = await sources.connect()
    expect(await first.hello()).toEqual({
      name: 'welcome',
      idleTimeoutMs: 7000,
      digest: new Uint8Array(32),
      header: sources.store.getHeader(),
    })
    first.send(...operation(0, 3))
    expect(await first.answers(1)).toEqual(['committed 0-3'])
    using second = await sources.connect()
    const entry = encodeEntry({ type: 2, number: 2n, data: Uint8Array.of(2) })
    expect(await second.hello({ nextEntry: 3n })).toMatchObject({
      name: 'welcome',
      digest: Uint8Array.from(createHash('sha256').update(entry).digest()),
      header: { totalEntries: 3n, systemId: 9n },
    })
  })

  test('has every commit answered in order, whatever it asks between', async () => {
    await using sources = await TestSources.start()
    using source = await sources.connect()
    source.send(
      hello(),
      ...operation(0, 2),
      { name: 'getHeader' },
      { name: 'startAtomicOp', firstEntry: 2n },
      { name: 'addStreamBookmark', bookmark: Uint8Array.of(7) },
      { name: 'addStreamEntry', type: 2, data: Uint8Array.of(3) },
      { name: 'getBookmark', bookmark: Uint8Array.of(7) },
      { name: 'commitAtomicOp' },
      { name: 'getBookmark', bookmark: Uint8Array.of(7) },
      { name: 'getFirstEventAfterBookmark', bookmark: Uint8Array.of(7) },
      { name: 'getEntry', number: 1n },
      { name: 'getEntry', number: 9n },
      { name: 'ping' },
      { name: 'updateEntryData', number: 1n, type: 2, data: Uint8Array.of(99) },
      { name: 'updateEntryData', number: 1n, type: 2, data: Uint8Array.of(1, 2) },
      { name: 'truncateFile', number: 3n, totalEntries: 3n },
      { name: 'truncateFile', number: 3n, totalEntries: 4n },
      { name: 'startAtomicOp', firstEntry: 3n },
      { name: 'addStreamEntry', type: 2, data: Uint8Array.of(50) },
      { name: 'rollbackAtomicOp' },
      ...operation(3, 1),
    )
    expect(await source.answers(14)).toEqual([
      'welcome 0',
      'committed 0-2',
      'header 2',
      'bookmark undefined',
      'committed 2-4',
      'bookmark 2',
      'entry 3',
      'entry 1',
      'entry undefined',
      'done',
      'refused ENTRY_DIFFERS at 4',
      'refused WRONG_TOTAL_ENTRIES at 4',
      'done',
      'committed 3-4',
    ])
    expect(await sources.bytes()).toEqual([0, 99, 7, 3])
    expect(sources.server.counters).toMatchObject({
      accepted: 1,
      commits: 3,
      entries: 5n,
      refused: { ENTRY_DIFFERS: 1, WRONG_TOTAL_ENTRIES: 1 },
    })
    expect(sources.server.connections()).toMatchObject([{ state: 'writing', sourceId: 'test', commits: 3 }])
  })

  test('gets its answers after it has ended its side', async () => {
    await using sources = await TestSources.start()
    using source = await sources.connect()
    source.send(hello(), ...operation(0, 1), ...operation(1, 1), { name: 'startAtomicOp', firstEntry: 2n })
    source.raw.socket.end()
    expect(await source.rest()).toEqual(['welcome 0', 'committed 0-1', 'committed 1-2'])
    expect(await sources.whenClosed(1)).toEqual(['CLIENT_ENDED'])
    sources.store.startAtomicOp()
  })

  test('may be slow: every message a byte at a time', async () => {
    await using sources = await TestSources.start()
    using source = await sources.connect()
    for (const byte of Buffer.concat([hello(), ...operation(0, 2)].map(encodeSourceRequest))) {
      source.raw.socket.write(Uint8Array.of(byte))
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(await source.answers(2)).toEqual(['welcome 0', 'committed 0-2'])
  })

  test('is not read while too many commits wait', async () => {
    await using sources = await TestSources.start({ maxCommitsInFlight: 3 })
    using source = await sources.connect()
    source.send(hello(), ...Array.from({ length: 200 }, (_, i) => operation(i, 1)).flat())
    let most = 0
    const look = setInterval(() => {
      most = Math.max(most, ...sources.server.connections().map(({ commitsInFlight }) => commitsInFlight))
    }, 0)
    expect((await source.answers(201)).at(-1)).toBe('committed 199-200')
    clearInterval(look)
    expect(most).toBeLessThanOrEqual(3)
  })
})

describe('an operation that cannot be', () => {
  const tooLarge = new Uint8Array(1_048_560)
  const faults: [name: string, requests: SourceRequest[], code: string][] = [
    ['begins too early', operation(0, 1), 'WRONG_FIRST_ENTRY'],
    ['begins too late', operation(7, 1), 'WRONG_FIRST_ENTRY'],
    [
      'has an entry that is too large',
      [
        { name: 'startAtomicOp', firstEntry: 2n },
        { name: 'addStreamEntry', type: 1, data: Uint8Array.of(1) },
        { name: 'addStreamEntry', type: 1, data: tooLarge },
        { name: 'addStreamEntry', type: 1, data: Uint8Array.of(1) },
        { name: 'commitAtomicOp' },
      ],
      'ENTRY_TOO_LARGE',
    ],
  ]

  test.each(faults)('%s: it is refused at its commit, and what follows is as it was', async (_, requests, code) => {
    await using sources = await TestSources.start()
    using source = await sources.connect()
    source.send(hello(), ...operation(0, 2), ...requests)
    expect(await source.answers(3)).toEqual(['welcome 0', 'committed 0-2', `refused ${code} at 2`])
    source.send(...operation(2, 2), ...requests, ...operation(4, 1))
    const answers = await source.answers(3)
    expect([answers[0], answers[2]]).toEqual(['committed 2-4', 'committed 4-5'])
    expect(answers[1]).toMatch(/^refused /)
    expect(await sources.bytes()).toEqual([0, 1, 2, 3, 4])
  })

  test('has a bookmark that is too long', async () => {
    await using sources = await TestSources.start()
    using source = await sources.connect()
    source.send(hello(), { name: 'startAtomicOp', firstEntry: 0n })
    source.raw.sendHex(`0400000016${'ab'.repeat(17)}`)
    source.send({ name: 'commitAtomicOp' }, ...operation(0, 1))
    expect(await source.answers(3)).toEqual(['welcome 0', 'refused BAD_BOOKMARK at 0', 'committed 0-1'])
  })

  test('is one of a chain of which the first was refused', async () => {
    await using sources = await TestSources.start()
    using source = await sources.connect()
    source.send(hello(), ...operation(1, 1), ...operation(2, 1), ...operation(3, 1), ...operation(0, 1))
    expect(await source.answers(5)).toEqual([
      'welcome 0',
      ...Array(3).fill('refused WRONG_FIRST_ENTRY at 0'),
      'committed 0-1',
    ])
  })

  test('meets one that the process has open itself', async () => {
    await using sources = await TestSources.start()
    using source = await sources.connect()
    await source.hello()
    sources.store.startAtomicOp()
    source.send(...operation(0, 1))
    expect(await source.answers(1)).toEqual(['refused ATOMIC_OP_IN_PROGRESS at 0'])
    sources.store.rollbackAtomicOp()
    source.send(...operation(0, 1))
    expect(await source.answers(1)).toEqual(['committed 0-1'])
  })
})

describe('what breaks the protocol ends the connection, and nothing else', () => {
  const open: SourceRequest = { name: 'startAtomicOp', firstEntry: 0n }
  const entry: SourceRequest = { name: 'addStreamEntry', type: 1, data: new Uint8Array(1) }
  const breaches: [name: string, bytes: Uint8Array, code: string][] = [
    ['a command of the stream protocol', Buffer.from('0000000000000003 0000000000000001', 'hex'), 'BAD_MESSAGE'],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n'), 'BAD_MESSAGE'],
    ['an entry before the hello', encodeSourceRequest(entry), 'BAD_STATE'],
    ['a second hello', encode(hello(), hello()), 'BAD_STATE'],
    ['a start within an operation', encode(hello(), open, open), 'BAD_STATE'],
    ['an entry without an operation', encode(hello(), entry), 'BAD_STATE'],
    ['a commit without an operation', encode(hello(), { name: 'commitAtomicOp' }), 'BAD_STATE'],
    ['a rollback without an operation', encode(hello(), { name: 'rollbackAtomicOp' }), 'BAD_STATE'],
    ['an impossible length', Buffer.concat([encode(hello(), open), Buffer.from('03ffffffff', 'hex')]), 'BAD_MESSAGE'],
    [
      'a length over the limit',
      Buffer.concat([encode(hello(), open), Buffer.from('0300200001', 'hex')]),
      'BAD_MESSAGE',
    ],
    ['garbage', Buffer.concat([encode(hello(), open), Buffer.from('ee', 'hex')]), 'BAD_MESSAGE'],
    ['another version', Buffer.from('010000000700ff', 'hex'), 'WRONG_VERSION'],
    ['another stream type', encode(hello({ streamType: 2n })), 'WRONG_STREAM_TYPE'],
    ['entries that are not there', encode(hello({ nextEntry: 1n })), 'ENTRIES_MISSING'],
  ]

  function encode(...requests: readonly SourceRequest[]): Uint8Array {
    return Buffer.concat(requests.map(encodeSourceRequest))
  }

  test.each(breaches)('%s', async (_, bytes, code) => {
    await using sources = await TestSources.start()
    using source = await sources.connect()
    source.raw.socket.write(bytes)
    expect((await source.rest()).at(-1)).toBe(`closing ${code} at 0`)
    source.raw.socket.end()
    expect(await sources.whenClosed(1)).toEqual([code])
    using next = await sources.connect()
    next.send(hello(), ...operation(0, 1))
    expect(await next.answers(2)).toEqual(['welcome 0', 'committed 0-1'])
  })

  test('any bytes', async () => {
    await using sources = await TestSources.start()
    const { port } = sources
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.boolean(), async (bytes, greeted) => {
        using source = await RawSource.connect(port)
        if (greeted) await source.hello()
        source.raw.socket.write(bytes)
        source.raw.socket.end()
        await source.rest()
      }),
      { numRuns: 100 },
    )
    using source = await sources.connect()
    await source.hello()
    source.send({ name: 'getHeader' })
    expect(await source.answers(1)).toEqual([`header ${sources.store.getHeader().totalEntries}`])
  })
})

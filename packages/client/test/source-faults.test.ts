import { ManualClock } from '@datastreamer/runtime/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SourceClient, StreamWriter } from '../src/source.ts'
import type { Fault } from './support/fault-proxy.ts'
import { failure } from './support/options.ts'
import { SourceWorld } from './support/source-world.ts'

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const data = (...bytes: readonly number[]): Uint8Array => Uint8Array.from(bytes)

/** Write one operation of entries of one byte. */
function write(writer: StreamWriter, ...bytes: readonly number[]): Promise<unknown> {
  writer.startAtomicOp()
  for (const byte of bytes) writer.addStreamEntry(2, data(byte))
  return writer.commitAtomicOp()
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(1)
}

describe('every operation is written once', () => {
  /** What a source can do, and what the stream holds afterwards. */
  const steps = fc.array(
    fc.oneof(
      { weight: 8, arbitrary: fc.record({ t: fc.constant('write'), sizes: fc.array(fc.nat(300), { maxLength: 5 }) }) },
      {
        weight: 1,
        arbitrary: fc.record({ t: fc.constant('roll back'), sizes: fc.array(fc.nat(90_000), { maxLength: 2 }) }),
      },
      { weight: 1, arbitrary: fc.record({ t: fc.constant('wait'), sizes: fc.constant([]) }) },
      { weight: 1, arbitrary: fc.record({ t: fc.constant('truncate'), sizes: fc.array(fc.nat(), { maxLength: 1 }) }) },
      { weight: 1, arbitrary: fc.record({ t: fc.constant('update'), sizes: fc.array(fc.nat(), { maxLength: 1 }) }) },
    ),
    { maxLength: 30 },
  )
  const faults = fc.array(
    fc.record({
      dropUp: fc.option(fc.integer({ min: 1, max: 6000 }), { nil: undefined }),
      dropDown: fc.option(fc.integer({ min: 1, max: 500 }), { nil: undefined }),
    }),
    { maxLength: 12 },
  )

  test('in order, wherever connections drop', async () => {
    await fc.assert(
      fc.asyncProperty(steps, faults, async (todo, drops) => {
        // The first connection must not fail before it is made: that is reported to the caller.
        const faultOf = (index: number): Fault | undefined => (index === 0 ? undefined : drops[index - 1])
        await using world = await SourceWorld.start({ faultOf })
        await using source = await world.source()
        world.proxy.drop()
        const expected: Uint8Array[] = []
        const commits: Promise<unknown>[] = []
        for (const [i, { t, sizes }] of todo.entries()) {
          const [first = 0] = sizes
          if (t === 'write' || t === 'roll back') {
            source.startAtomicOp()
            const added = sizes.map((size, j) => new Uint8Array(size).fill(i + j))
            for (const entry of added) source.addStreamEntry(1, entry)
            if (t === 'write') {
              commits.push(source.commitAtomicOp())
              expected.push(...added)
            } else {
              if (first % 2 === 0) await sleep(0)
              source.rollbackAtomicOp()
            }
          } else if (t === 'wait') {
            await Promise.all(commits)
          } else if (expected.length > 0 && t === 'truncate') {
            const number = first % expected.length
            await source.truncateFile(BigInt(number))
            expected.length = number
          } else if (expected.length > 0) {
            const number = first % expected.length
            const changed = new Uint8Array(expected[number]?.length ?? 0).fill(255 - i)
            await source.updateEntryData(BigInt(number), 1, changed)
            expected[number] = changed
          }
        }
        await Promise.all(commits)
        expect((await source.getHeader()).totalEntries).toBe(BigInt(expected.length))
        expect((await world.entries()).map((entry) => entry.data)).toEqual(expected)
      }),
      { numRuns: 60 },
    )
  })

  /** Three operations on a connection with this fault, for each of the faults. */
  async function withEach(faults: readonly Fault[]): Promise<void> {
    let fault: Fault | undefined
    const faultOf = (): Fault | undefined => {
      const once = fault
      fault = undefined
      return once
    }
    await using world = await SourceWorld.start({ faultOf })
    let next = 0n
    for (const once of faults) {
      await using source = await world.source()
      fault = once
      world.proxy.drop()
      const commits = await Promise.all([write(source, 1, 2), write(source, 3), write(source, 4)])
      expect(commits).toEqual([
        { firstEntry: next, nextEntry: next + 2n },
        { firstEntry: next + 2n, nextEntry: next + 3n },
        { firstEntry: next + 3n, nextEntry: next + 4n },
      ])
      expect(fault).toBeUndefined()
      next += 4n
    }
    expect(await world.bytes()).toEqual(faults.flatMap(() => [1, 2, 3, 4]))
  }

  // The hello has 49 bytes, the three operations 94; the welcome 79, the answers 63.
  test('whichever byte of it is the last that comes through', async () => {
    await withEach(Array.from({ length: 143 }, (_, i) => ({ dropUp: i + 1 })))
  })

  test('whichever byte of the answers is the last that comes through', async () => {
    await withEach(Array.from({ length: 142 }, (_, i) => ({ dropDown: i + 1 })))
  })

  test('also if the server dies between a durable commit and its answer', async () => {
    // Of the second connection the welcome comes through, and no answer.
    const faultOf = (index: number): Fault | undefined => (index === 1 ? { muteAfter: 79 } : undefined)
    await using world = await SourceWorld.start({ faultOf, store: { fsync: 'commit' } })
    await using source = await world.source()
    world.proxy.drop()
    await until(() => world.proxy.connections === 2 && source.status.connected)
    const commits = [write(source, 1), write(source, 2, 3)]
    await until(() => world.store.getHeader().totalEntries === 3n)
    expect(source.status.unacknowledged).toBe(2)
    await world.down()
    await world.up()
    expect(await Promise.all(commits)).toEqual([
      { firstEntry: 0n, nextEntry: 1n },
      { firstEntry: 1n, nextEntry: 3n },
    ])
    expect(await write(source, 4)).toEqual({ firstEntry: 3n, nextEntry: 4n })
    expect(await world.bytes()).toEqual([1, 2, 3, 4])
  })

  test('also if the server dies again and again', async () => {
    await using world = await SourceWorld.start()
    await using source = await world.source()
    const commits: Promise<unknown>[] = []
    for (let i = 0; i < 60; i++) {
      commits.push(write(source, i, i))
      if (i % 7 === 3) await commits.at(-1)
      if (i % 10 === 5) {
        await world.down()
        commits.push(write(source, i))
        await world.up()
      }
    }
    await Promise.all(commits)
    const expected = Array.from({ length: 60 }, (_, i) => (i % 10 === 5 ? [i, i, i] : [i, i])).flat()
    expect(await world.bytes()).toEqual(expected)
  })

  test('also if the memory of the last acknowledged entry is in use again', async () => {
    await using world = await SourceWorld.start()
    await using source = await world.source()
    // Such an entry fills a chunk of what is kept, and its commit goes into the next.
    const large = (value: number): Uint8Array => new Uint8Array(65_512).fill(value)
    source.startAtomicOp()
    source.addStreamEntry(1, large(1))
    const first = source.commitAtomicOp()
    source.startAtomicOp()
    await first
    for (let i = 2; i < 5; i++) source.addStreamEntry(1, large(i))
    world.proxy.drop()
    expect(await source.commitAtomicOp()).toEqual({ firstEntry: 1n, nextEntry: 4n })
    expect(world.proxy.connections).toBe(2)
    expect(await world.bytes()).toEqual([1, 2, 3, 4])
  })

  test('an operation that is open when the connection is lost goes on on the next', async () => {
    await using world = await SourceWorld.start()
    await using source = await world.source()
    source.startAtomicOp()
    source.addStreamEntry(1, data(1))
    await until(() => world.server.connections()[0]?.operationOpen === true)
    await world.down()
    source.addStreamEntry(1, data(2))
    await world.up()
    await until(() => source.status.connected)
    source.addStreamEntry(1, data(3))
    await source.commitAtomicOp()
    expect(await world.bytes()).toEqual([1, 2, 3])
  })
})

/** Longer than any test: a server does not give up what stands still. */
const LIMIT_MS = 60_000

describe('a peer that is only half there', () => {
  test('a server: the source dials again', async () => {
    const faultOf = (index: number): Fault | undefined => (index === 0 ? { silentAfter: 79 } : undefined)
    const clock = new ManualClock()
    await using world = await SourceWorld.start({ faultOf, server: { inactivityTimeoutMs: LIMIT_MS } })
    await using source = await world.source({ clock, backoff: { minMs: 0, maxMs: 0 } })
    const commit = write(source, 1)
    await clock.waitingFor(LIMIT_MS)
    clock.advance(LIMIT_MS)
    expect(await commit).toEqual({ firstEntry: 0n, nextEntry: 1n })
    expect(world.proxy.connections).toBe(2)
    expect(source.status.lastError).toMatchObject({ code: 'TIMEOUT' })
  })

  test('a quiet source says that it is there, at least every third of the time limit', async () => {
    const clock = new ManualClock()
    await using world = await SourceWorld.start({ server: { inactivityTimeoutMs: LIMIT_MS } })
    await using source = await world.source({ clock })
    await write(source, 1)
    for (let beat = 0; beat < 2; beat++) {
      const { bytesReceived } = world.server.counters
      clock.advance(LIMIT_MS / 3)
      await until(() => world.server.counters.bytesReceived > bytesReceived)
    }
    expect(world.proxy.connections).toBe(1)
  })

  test('a source: another one takes its place', async () => {
    const faultOf = (index: number): Fault | undefined => (index === 0 ? { silentAfter: 79 } : undefined)
    const clock = new ManualClock()
    await using world = await SourceWorld.start({ faultOf, server: { inactivityTimeoutMs: 15_000, clock } })
    const lost = await world.source({ backoff: { minMs: 60_000, maxMs: 60_000 } })
    await clock.pass(15_000)
    await until(() => world.server.connections().every(({ state }) => state !== 'writing'))
    await using other = await world.source()
    expect(await write(other, 1)).toEqual({ firstEntry: 0n, nextEntry: 1n })
    await lost.close({ graceMs: 0 })
  })

  test('a server that never answers the hello', async () => {
    await using world = await SourceWorld.start({ faultOf: () => ({ silentAfter: 1 }) })
    const clock = new ManualClock()
    const failed = failure(world.source({ responseTimeoutMs: 12_345, clock }))
    await clock.waitingFor(12_345)
    clock.advance(12_345)
    expect(await failed).toMatchObject({ code: 'TIMEOUT' })
  })

  test('a server that stays away: the source gives up after so many attempts', async () => {
    await using world = await SourceWorld.start()
    await using source = await world.source({ backoff: { minMs: 0, maxMs: 1, maxAttempts: 5 } })
    await world.down()
    expect(await failure((async () => write(source, 1))())).toMatchObject({ name: 'ConnectionError' })
    expect(() => source.startAtomicOp()).toThrow(expect.objectContaining({ name: 'ConnectionError' }))
  })
})

describe('someone else has written meanwhile', () => {
  const meddling: [name: string, meddle: (store: StreamWriter) => Promise<unknown>, expected: object][] = [
    ['more', (store) => write(store, 9), { code: 'ENTRIES_UNKNOWN', expectedEntries: 3n, serverTotalEntries: 4n }],
    ['less', (store) => store.truncateFile(2n), { code: 'ENTRIES_MISSING', serverTotalEntries: 2n }],
    [
      'something else in the same place',
      async (store) => {
        await store.truncateFile(2n)
        await write(store, 9)
      },
      { code: 'LAST_ENTRY_DIFFERS', expectedEntries: 3n, serverTotalEntries: 3n },
    ],
  ]

  test.each(meddling)('%s: nothing is written after it', async (_, meddle, expected) => {
    await using world = await SourceWorld.start()
    await using source = await world.source()
    await write(source, 1, 2, 3)
    await world.down()
    await world.up(meddle)
    const before = await world.bytes()
    const error = await failure(write(source, 4, 5, 6, 7))
    expect(error).toMatchObject({ name: 'SourceConflictError', retryable: false, ...expected })
    expect(() => source.startAtomicOp()).toThrow(expect.objectContaining(expected))
    expect(await world.bytes()).toEqual(before)
  })

  test('the very numbers that a lost operation should have had', async () => {
    await using world = await SourceWorld.start()
    await using source = await world.source()
    await write(source, 1)
    await world.down()
    const lost = failure(write(source, 2, 3))
    await world.up((store) => write(store, 2, 9))
    expect(await lost).toMatchObject({ code: 'LAST_ENTRY_DIFFERS', serverTotalEntries: 3n })
    expect(await world.bytes()).toEqual([1, 2, 9])
  })

  test('a source that has written nothing notices too', async () => {
    await using world = await SourceWorld.start()
    await write(world.store, 1, 2)
    await using source = await world.source()
    await world.down()
    await world.up(async (store) => {
      await store.truncateFile(1n)
      await write(store, 7)
    })
    expect(await failure(write(source, 3))).toMatchObject({ code: 'LAST_ENTRY_DIFFERS' })
  })

  test('its own updates do not disturb it', async () => {
    await using world = await SourceWorld.start()
    await using source = await world.source()
    await write(source, 1, 2)
    await source.updateEntryData(1n, 2, data(9))
    world.proxy.drop()
    expect(await write(source, 3)).toEqual({ firstEntry: 2n, nextEntry: 3n })
    world.proxy.drop()
    expect(await write(source, 4)).toEqual({ firstEntry: 3n, nextEntry: 4n })
    expect(await world.bytes()).toEqual([1, 9, 3, 4])
  })

  test('its own truncation does not disturb it, though the answer to that was lost', async () => {
    await using world = await SourceWorld.start()
    await using source = await world.source()
    await write(source, 1, 2, 3)
    await world.down()
    const truncating = source.truncateFile(1n)
    await world.up((store) => store.truncateFile(1n))
    await truncating
    expect(await write(source, 4)).toEqual({ firstEntry: 1n, nextEntry: 2n })
    expect(await world.bytes()).toEqual([1, 4])
  })

  test('another stream has taken its place', async () => {
    await using world = await SourceWorld.start({ store: { systemId: 5n } })
    await using other = await SourceWorld.start({ store: { systemId: 6n } })
    const source: SourceClient = await world.source()
    world.proxy.target = other.server.address?.port ?? 0
    world.proxy.drop()
    expect(await failure(write(source, 1))).toMatchObject({ name: 'StreamChangedError', expected: 5n, found: 6n })
    await source.close()
  })
})

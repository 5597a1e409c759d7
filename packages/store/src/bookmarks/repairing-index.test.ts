import { ManualClock, turns } from '@datastreamer/runtime/testing'
import { expect, test } from 'vitest'
import { bookmark, event, key, LogInMemory } from '../../test/bookmarks/log-in-memory.ts'
import { standstill } from '../../test/gated-disk.ts'
import { DiskError } from '../disk/errors.ts'
import { UnusableIndexError } from './index-errors.ts'
import type { LevelBookmarkIndex } from './level-bookmark-index.ts'
import { MemoryIndex } from './memory-index.ts'
import { type IndexEvent, RepairingIndex, type RepairingIndexOptions } from './repairing-index.ts'

/** A LevelDB index in memory, which fails and blocks when a test says so. */
class FakeLevel implements LevelBookmarkIndex {
  readonly calls: string[] = []
  memory = new MemoryIndex()
  failed = false
  /** What a call does before it does what it should. */
  onCall: (name: string) => Promise<void> | void = () => {}
  #onDamage: (error: UnusableIndexError) => void = () => {}

  onDamage(listener: (error: UnusableIndexError) => void): void {
    this.#onDamage = listener
  }

  /** Find out that it is damaged. */
  damage(): UnusableIndexError {
    const error = damageError()
    this.#onDamage(error)
    return error
  }

  put: MemoryIndex['put'] = (bookmarks) => this.memory.put(bookmarks)
  remove: MemoryIndex['remove'] = (keys) => this.memory.remove(keys)
  get = async (key: Uint8Array): Promise<number | undefined> => {
    await this.#call('get')
    return this.memory.get(key)
  }
  isAtPath = async (): Promise<boolean> => false
  writable = (): Promise<void> => this.#call('writable')
  flush = (): Promise<void> => this.#call('flush')
  repair = (): Promise<void> => this.#call('repair')
  finish = (): Promise<void> => this.#call('finish')
  close = (): Promise<void> => this.#call('close')
  renew = async (): Promise<void> => {
    await this.#call('renew')
    this.memory = new MemoryIndex()
  }

  async #call(name: string): Promise<void> {
    this.calls.push(name)
    await this.onCall(name)
  }
}

const damageError = () => new UnusableIndexError('INDEX_CORRUPT', 'damaged')

/** A log of so many bookmarks, and an index of them over a fake LevelDB that has them all. */
function indexOf(count: number, options: Partial<RepairingIndexOptions> = {}) {
  const test = new LogInMemory(Array.from({ length: count }, (_, n) => bookmark(key(n))))
  const level = new FakeLevel()
  const clock = new ManualClock()
  level.put(Array.from({ length: count }, (_, number) => ({ key: key(number), number })))
  const events: IndexEvent[] = []
  const start = (more: Partial<RepairingIndexOptions> = {}): RepairingIndex =>
    new RepairingIndex({
      log: test.log,
      level,
      clock,
      onEvent: (event) => events.push(event),
      ...options,
      ...more,
    })
  return { test, level, clock, events, start, names: () => events.map(({ event }) => event) }
}

/** Hold the calls of a name from the next one on; `reached` settles when one waits. */
function hold(level: FakeLevel, name: string) {
  const reached = standstill()
  const released = standstill()
  level.onCall = async (called) => {
    if (called !== name) return
    reached.resolve()
    await released.promise
  }
  return { reached: reached.promise, release: () => released.resolve() }
}

const whole = (names: () => string[]) => expect.poll(() => names().at(-1)).toBe('index-rebuilt')

test('during a rebuild it answers from the log, accepts puts that the rebuild has passed, and nothing waits', async () => {
  const { test, level, events, start, names } = indexOf(1000)
  const held = hold(level, 'writable')
  const damage = damageError()
  const index = start({ damage })
  expect(index.isRebuilding).toBe(true)
  await held.reached
  const next = level.memory.size
  expect(next).toBeGreaterThan(0)
  expect(next).toBeLessThan(1000)
  index.put([
    { key: key(7001), number: next - 1 },
    { key: key(7002), number: next },
    { key: key(7003), number: 999 },
  ])
  expect(await level.memory.get(key(7001))).toBe(next - 1)
  expect(await level.memory.get(key(7002))).toBeUndefined()
  expect(await level.memory.get(key(7003))).toBeUndefined()
  index.remove([key(7001)])
  expect(await level.memory.get(key(7001))).toBeUndefined()
  expect(await index.get(key(999))).toBe(999)
  expect(await index.get(key(5))).toBe(5)
  expect(await index.get(key(1000))).toBeUndefined()
  test.commit(bookmark(key(1000)), bookmark(key(3)))
  index.put([
    { key: key(1000), number: 1000 },
    { key: key(3), number: 1001 },
  ])
  expect(await index.get(key(3))).toBe(1001)
  level.failed = true
  expect(index.failed).toBe(false)
  const { length } = level.calls
  await index.flush({ sync: true })
  await index.writable()
  await index.repair()
  expect(level.calls).toHaveLength(length)
  level.damage()
  held.release()
  await whole(names)
  expect(index.isRebuilding).toBe(false)
  expect(index.failed).toBe(true)
  expect(events).toEqual([
    { event: 'index-damaged', file: 'test.bin', error: damage },
    { event: 'index-rebuilt', file: 'test.bin', entries: 1002n },
  ])
  expect(level.calls).toContain('finish')
  for (let n = 0; n <= 1000; n++) expect(await level.memory.get(key(n))).toBe(n === 3 ? 1001 : n)
  await index.close()
})

test('once it has reached the head, puts and flushes go through', async () => {
  const { level, start, names } = indexOf(10)
  const held = hold(level, 'finish')
  const index = start({ damage: damageError() })
  await held.reached
  index.put([{ key: key(77), number: 10 }])
  expect(await level.memory.get(key(77))).toBe(10)
  await index.flush({ sync: true })
  await index.writable()
  expect(level.calls.slice(-2)).toEqual(['flush', 'writable'])
  // The rebuild is done before the log is read.
  const asked = index.get(key(5))
  held.release()
  expect(await asked).toBe(5)
  await whole(names)
  expect(level.calls).toContain('get')
  await index.close()
})

test('a truncation during a rebuild sets the rebuild back', async () => {
  const { test, level, start, names } = indexOf(1000)
  const held = hold(level, 'writable')
  const index = start({ damage: damageError() })
  await held.reached
  test.truncate(10)
  test.commit(...Array.from({ length: 20 }, (_, n) => bookmark(key(5000 + n))))
  held.release()
  await whole(names)
  for (let n = 0; n < 10; n++) expect(await level.memory.get(key(n))).toBe(n)
  for (let n = 0; n < 20; n++) expect(await level.memory.get(key(5000 + n))).toBe(10 + n)
  await index.close()
})

test('a rebuild that fails is reported and retried, later each time, up to a minute', async () => {
  const { level, clock, events, start, names } = indexOf(3)
  let failures = 0
  const error = new DiskError('WRITE_FAILED', 'full')
  level.onCall = (name) => {
    if (name === 'renew' && failures++ < 8) throw error
  }
  const damage = damageError()
  const index = start({ damage })
  for (const ms of [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]) {
    await clock.waitingFor(ms)
    clock.advance(ms - 1)
    await turns()
    expect(names()).toHaveLength(failures + 1)
    clock.advance(1)
  }
  await whole(names)
  expect(events[0]).toEqual({ event: 'index-damaged', file: 'test.bin', error: damage })
  expect(events.slice(1, 9)).toEqual(Array.from({ length: 8 }, () => ({ ...events[0], error })))
  expect(await index.get(key(1))).toBe(1)
  await index.close()
})

test('while a rebuild waits, a flush fails with its error; closing does not wait for it', async () => {
  const { level, clock, start, names } = indexOf(3)
  const error = new DiskError('WRITE_FAILED', 'full')
  level.onCall = (name) => {
    if (name === 'renew') throw error
  }
  const index = start({ damage: damageError() })
  await clock.waitingFor(1000)
  await expect(index.flush({ sync: true })).rejects.toBe(error)
  await index.close()
  expect(level.calls).toEqual(['renew', 'close'])
  expect(names()).toEqual(['index-damaged', 'index-damaged'])
})

test('nothing is rebuilt before the log may be read, nor after closing', async () => {
  const { level, start, names } = indexOf(3)
  const recovered = standstill()
  const index = start({ damage: damageError(), recovered: recovered.promise })
  await index.close()
  expect(level.calls).toEqual(['close'])
  level.damage()
  expect(names()).toEqual(['index-damaged'])
  const again = start({ damage: damageError(), recovered: recovered.promise })
  await new Promise((resolve) => setImmediate(resolve))
  expect(level.calls).toEqual(['close'])
  again.put([{ key: key(9), number: 2 }])
  expect(await level.memory.get(key(9))).toBeUndefined()
  recovered.resolve()
  await whole(names)
  await again.close()
})

test('closing waits for what the rebuild has under way, and goes no further', async () => {
  const { level, start, names } = indexOf(3)
  const held = hold(level, 'renew')
  const index = start({ damage: damageError() })
  await held.reached
  const closed = index.close()
  await new Promise((resolve) => setImmediate(resolve))
  expect(level.calls).toEqual(['renew'])
  held.release()
  await closed
  expect(level.calls).toEqual(['renew', 'close'])
  expect(names()).toEqual(['index-damaged'])
})

test('a look-up, a write or a flush that finds the damage does not fail', async () => {
  for (const [name, ask] of [
    ['get', (index: RepairingIndex) => index.get(key(2))],
    ['writable', (index: RepairingIndex) => index.writable()],
    ['flush', (index: RepairingIndex) => index.flush({ sync: false })],
  ] as const) {
    const { level, start, names } = indexOf(3)
    const index = start()
    level.onCall = (called) => {
      if (called === name && names().length === 0) throw level.damage()
    }
    expect(await ask(index)).toBe(name === 'get' ? 2 : undefined)
    expect(names()[0]).toBe('index-damaged')
    await whole(names)
    for (const error of [new DiskError('WRITE_FAILED', 'full'), damageError()]) {
      level.onCall = (called) => {
        if (called === name) throw error
      }
      await expect(ask(index)).rejects.toBe(error)
    }
    await index.close()
  }
})

test('a whole index passes all calls on', async () => {
  const { level, start } = indexOf(3)
  const index = start()
  expect(index.isRebuilding).toBe(false)
  index.put([{ key: key(9), number: 3 }])
  index.remove([key(1)])
  expect([await index.get(key(9)), await index.get(key(1))]).toEqual([3, undefined])
  await index.flush({ sync: true })
  await index.writable()
  await index.repair()
  expect(level.calls).toEqual(['get', 'get', 'flush', 'writable', 'repair'])
  expect(await index.isAtPath()).toBe(false)
  expect(index.failed).toBe(false)
  level.failed = true
  expect(index.failed).toBe(true)
  await index.close()
  expect(level.calls.at(-1)).toBe('close')
  expect(() => index.put([])).toThrow('closed')
  expect(() => index.remove([])).toThrow('closed')
  for (const ask of [index.get(key(0)), index.writable(), index.flush({ sync: false })]) {
    await expect(ask).rejects.toMatchObject({ code: 'CLOSED' })
  }
})

test('one that may lack bookmarks is not asked before it has caught up', async () => {
  const { level, start } = indexOf(3)
  level.memory = new MemoryIndex()
  const index = start({ isBehind: true })
  expect(await index.get(key(2))).toBe(2)
  expect(level.calls).toEqual([])
  index.caughtUp()
  expect(await index.get(key(1))).toBeUndefined()
  expect(level.calls).toEqual(['get'])
  await index.close()
})

test.each([
  ['lacks a bookmark', () => undefined],
  ['leads to an earlier entry', () => 1],
])('one that %s is found out and rebuilt', async (_, said) => {
  const { test, level, events, start, names } = indexOf(300)
  test.commit(event(), bookmark(key(3)))
  const number = said()
  level.remove([key(3)])
  if (number !== undefined) level.put([{ key: key(3), number }])
  const index = start({ auditAfterMs: 0 })
  await whole(names)
  expect(events[0]).toMatchObject({ event: 'index-damaged', error: { code: 'INDEX_CORRUPT' } })
  expect(await level.memory.get(key(3))).toBe(301)
  await index.close()
})

test('one that lacks nothing is compared to the end and left as it is', async () => {
  const { level, start, names } = indexOf(300)
  const index = start({ auditAfterMs: 0 })
  await expect.poll(() => level.calls.length).toBe(300)
  await index.close()
  expect(level.calls).toHaveLength(301)
  expect(names()).toEqual([])
})

test('one that may lack bookmarks, or is being rebuilt, is not compared; every six hours another is', async () => {
  const { level, clock, start, names } = indexOf(3)
  const held = hold(level, 'renew')
  const rebuilt = start({ damage: damageError() })
  await held.reached
  clock.advance(60_000)
  await turns(50)
  expect(level.calls).toEqual(['renew'])
  held.release()
  await rebuilt.close()
  level.calls.length = 0
  level.memory = new MemoryIndex()
  const index = start({ isBehind: true })
  clock.advance(60_000)
  await turns(50)
  expect(level.calls).toEqual([])
  index.caughtUp()
  clock.advance(6 * 3_600_000)
  await whole(names)
  await index.close()
})

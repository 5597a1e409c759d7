import { HEADER_PAGE_BYTES } from '@datastreamer/format'
import { expect, test } from 'vitest'
import { LogCursor } from '../src/log.ts'
import { event, LARGE, LogInMemory } from './bookmarks/log-in-memory.ts'
import { TestLog } from './memory-log.ts'

const logOf = (...lengths: readonly number[]) => new LogInMemory(lengths.map((length) => event(length)))

test('goes over all runs, in memory without waiting, and stays at the end until there is more', async () => {
  const test = new TestLog()
  const bytes = test.addMany(4, 400_000)
  test.commit()
  const cursor = new LogCursor(test.log, { position: HEADER_PAGE_BYTES, number: 0 })
  const runs: Uint8Array[] = []
  for (let run = cursor.now(); run !== undefined; run = cursor.now()) {
    expect(run.number).toBe(cursor.number)
    runs.push(run.bytes)
    cursor.moveTo(run.next)
  }
  expect(Buffer.concat(runs).equals(bytes)).toBe(true)
  expect(await cursor.next()).toBeUndefined()
  const more = test.add(1, new Uint8Array(3))
  test.commit()
  expect((await cursor.next())?.bytes).toEqual(more)
})

test('a run may be passed in several steps', async () => {
  const { log } = logOf(20, 30, 40)
  const cursor = new LogCursor(log, 0)
  const run = await cursor.read()
  expect(run).toMatchObject({ position: HEADER_PAGE_BYTES, number: 0, next: { number: 3 } })
  cursor.moveTo({ position: HEADER_PAGE_BYTES + 37, number: 1 })
  expect(await cursor.next()).toMatchObject({ position: HEADER_PAGE_BYTES + 37, number: 1, next: { number: 3 } })
})

test('entries that were not there when it was opened count as truncated', async () => {
  const { log } = logOf(20, 30)
  const cursor = new LogCursor(log, 3)
  expect(cursor.truncatedTo).toBe(2)
  expect(() => cursor.now()).toThrow(expect.objectContaining({ code: 'TRUNCATED', lastDelivered: undefined }))
})

test('a truncation before it ends it, however long the log is by then, one at it does not', async () => {
  const test = logOf(20, LARGE, 30, 40)
  const at = new LogCursor(test.log, 1)
  const passed = new LogCursor(test.log, 0)
  while (passed.number < 2) await passed.next()
  const number = BigInt(passed.number)
  test.truncate(1)
  expect(at.truncatedTo).toBeUndefined()
  expect(passed.truncatedTo).toBe(1)
  await expect(passed.next()).rejects.toMatchObject({ code: 'TRUNCATED', lastDelivered: number - 1n, totalEntries: 1n })
  test.commit(...[50, 60, 70, 80].map((length) => event(length)))
  await expect(passed.read()).rejects.toMatchObject({ code: 'REWRITTEN', lastDelivered: number - 1n, totalEntries: 5n })
  expect(await at.next()).toMatchObject({ number: 1, position: HEADER_PAGE_BYTES + 37 })
  test.truncate(0)
  expect(passed.truncatedTo).toBe(0)
})

test('a run that was truncated while it was read is read again, and damage found meanwhile is none', async () => {
  for (const fails of [false, true]) {
    const test = logOf(20, 30, 40)
    const read = test.log.runOnDisk.bind(test.log)
    test.log.runOnDisk = async (...args) => {
      const run = await read(...args)
      if (test.total > 1) test.truncate(1)
      else return run
      if (fails) throw new Error('damage')
      return run
    }
    const cursor = new LogCursor(test.log, 0)
    expect(await cursor.next()).toMatchObject({ number: 0, next: { number: 1 } })
    expect(await cursor.next()).toBeUndefined()
  }
})

test('damage is thrown, and found again', async () => {
  const { log } = logOf(20, 30)
  log.runOnDisk = async () => {
    throw new Error('damage')
  }
  const cursor = new LogCursor(log, 1)
  await expect(cursor.next()).rejects.toThrow('damage')
  await expect(cursor.next()).rejects.toThrow('damage')
})

test('refuses to go back, to move over what was truncated, and to read twice at a time', async () => {
  const test = logOf(20, 30, 40)
  const cursor = new LogCursor(test.log, 1)
  const broken = { name: 'InternalError' }
  const run = await cursor.read()
  expect(() => cursor.moveTo({ position: HEADER_PAGE_BYTES, number: 0 })).toThrow(expect.objectContaining(broken))
  expect(() => cursor.moveTo({ position: HEADER_PAGE_BYTES, number: 1 })).toThrow(expect.objectContaining(broken))
  test.truncate(2)
  expect(cursor.isCurrent).toBe(false)
  expect(cursor.truncatedTo).toBeUndefined()
  expect(() => cursor.moveTo(run?.next ?? { position: 0, number: 9 })).toThrow(expect.objectContaining(broken))
  const first = cursor.read()
  await expect(cursor.read()).rejects.toMatchObject(broken)
  expect(await first).toMatchObject({ number: 1 })
})

import { expect, test } from 'vitest'
import { findBookmark } from '../../src/bookmarks/find-bookmark.ts'
import { followLog } from '../../src/bookmarks/follow-log.ts'
import type { StreamLog } from '../../src/log/stream-log.ts'
import { bookmark, event, key, LogInMemory } from './log-in-memory.ts'

test('knows commits at once', async () => {
  const test = new LogInMemory([bookmark(key(0)), event()])
  const index = followLog(test.log)
  expect(await index.get(key(0))).toBe(0)
  for (let n = 1; n < 50; n++) {
    test.commit(bookmark(key(n)), event())
    expect(await index.get(key(n))).toBe(2 * n)
    expect(await findBookmark(test.log, index, key(n))).toBe(BigInt(2 * n))
  }
  expect(await index.get(key(50))).toBeUndefined()
  await index.close()
})

test('indexes in the background, before anyone asks', async () => {
  const test = new LogInMemory()
  const index = followLog(test.log)
  test.commit(bookmark(key(1)))
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
  const { reads } = test
  expect(await index.get(key(1))).toBe(0)
  expect(test.reads).toBe(reads)
  await index.close()
})

test('follows truncations: to nothing, to an earlier entry, and on to the entries that replace them', async () => {
  const test = new LogInMemory([bookmark(key(0)), event(), bookmark(key(1)), bookmark(key(0)), bookmark(key(2))])
  const index = followLog(test.log)
  expect(await index.get(key(0))).toBe(3)
  test.truncate(3)
  test.commit(event(), bookmark(key(3)))
  expect(await findBookmark(test.log, index, key(0))).toBe(0n)
  expect(await findBookmark(test.log, index, key(1))).toBe(2n)
  expect(await findBookmark(test.log, index, key(2))).toBeUndefined()
  expect(await findBookmark(test.log, index, key(3))).toBe(4n)
  expect(await index.get(key(0))).toBe(0)
  expect(await index.get(key(2))).toBeUndefined()
  test.truncate(0)
  for (const n of [0, 1, 2, 3]) expect(await findBookmark(test.log, index, key(n))).toBeUndefined()
  test.commit(bookmark(key(3)))
  expect(await findBookmark(test.log, index, key(3))).toBe(0n)
  await index.close()
})

test('a truncation while the index is built leaves no trace', async () => {
  const test = new LogInMemory(Array.from({ length: 3000 }, (_, n) => bookmark(key(n))))
  const index = followLog(test.log)
  const built = index.get(key(9))
  while (test.reads === 0) await new Promise((resolve) => setImmediate(resolve))
  test.truncate(10)
  test.commit(bookmark(key(9000)))
  expect(await built).toBe(9)
  expect(await findBookmark(test.log, index, key(9))).toBe(9n)
  expect(await findBookmark(test.log, index, key(10))).toBeUndefined()
  expect(await findBookmark(test.log, index, key(9000))).toBe(10n)
  await index.close()
})

test('stops with its log when it is closed', async () => {
  const test = new LogInMemory([bookmark(key(0))])
  const index = followLog(test.log)
  expect(await index.get(key(0))).toBe(0)
  await index.close()
  await index.close()
  const { reads } = test
  test.commit(bookmark(key(1)))
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
  expect(test.reads).toBe(reads)
  await expect(index.get(key(1))).rejects.toMatchObject({ code: 'CLOSED' })
})

test('closing ends a scan that is under way', async () => {
  const test = new LogInMemory(Array.from({ length: 3000 }, (_, n) => bookmark(key(n))))
  const index = followLog(test.log)
  const asked = index.get(key(2999))
  while (test.reads === 0) await new Promise((resolve) => setImmediate(resolve))
  await index.close()
  await expect(asked).rejects.toMatchObject({ code: 'CLOSED' })
})

test('refuses to answer for entries that the log has lost unnoticed', async () => {
  const test = new LogInMemory([bookmark(key(0)), bookmark(key(1))])
  const deaf: StreamLog = Object.create(test.log, {
    header: { get: () => test.log.header },
    firstEntry: { value: 0 },
    listen: { value: () => () => {} },
    runAsFound: { value: test.log.runAsFound.bind(test.log) },
    locate: { value: test.log.locate.bind(test.log) },
  })
  const index = followLog(deaf)
  expect(await index.get(key(1))).toBe(1)
  test.truncate(1)
  await expect(index.get(key(0))).rejects.toMatchObject({ name: 'InternalError' })
  await index.close()
})

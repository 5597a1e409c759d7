import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { BookmarkIndex } from '../../src/bookmarks/bookmark-index.ts'
import { findBookmark, firstEventAfter, scanForBookmark } from '../../src/bookmarks/find-bookmark.ts'
import { KeyList } from '../../src/bookmarks/key-list.ts'
import { MemoryIndex } from '../../src/bookmarks/memory-index.ts'
import { removeTruncated, truncatedBookmarks } from '../../src/bookmarks/remove-truncated.ts'
import { repairBookmarks } from '../../src/bookmarks/repair.ts'
import { indexLog } from '../../src/bookmarks/scan.ts'
import { bookmark, event, key, LARGE, LogInMemory } from './log-in-memory.ts'

/** Bookmarks 0 to 2 at entries 0, 2 and 4, then bookmark 0 again at 6. */
function smallLog(): LogInMemory {
  return new LogInMemory([0, 1, 2, 0].flatMap((n) => [bookmark(key(n)), event()]))
}

test('finds the last of the same bytes; unknown ones cost no read', async () => {
  const test = smallLog()
  const index = new MemoryIndex()
  await indexLog(test.log, index)
  expect(await findBookmark(test.log, index, key(0))).toBe(6n)
  expect(await findBookmark(test.log, index, key(1))).toBe(2n)
  const { reads } = test
  expect(await findBookmark(test.log, index, key(3))).toBeUndefined()
  expect(await findBookmark(test.log, index, new Uint8Array(0))).toBeUndefined()
  expect(await findBookmark(test.log, index, new Uint8Array(17))).toBeUndefined()
  expect(test.reads).toBe(reads)
})

test.each([
  ['past the end', 1, 8, 2n],
  ['far past the end', 1, Number.MAX_SAFE_INTEGER, 2n],
  ['beyond all numbers', 1, 2 ** 60, 2n],
  ['at another bookmark', 1, 4, 2n],
  ['at an event', 0, 1, 6n],
  ['at an entry that is not its own, with none of its own', 7, 3, undefined],
])('an index that points %s is noticed and repaired', async (_, n, stale, expected) => {
  const test = smallLog()
  const index = new MemoryIndex()
  index.put([{ key: key(n), number: stale }])
  expect(await findBookmark(test.log, index, key(n))).toBe(expected)
  expect(await index.get(key(n))).toBe(expected === undefined ? undefined : Number(expected))
  const { reads } = test
  expect(await findBookmark(test.log, index, key(n))).toBe(expected)
  expect(test.reads - reads).toBeLessThan(5)
})

test('a bookmark of 16 bytes is found, and not confused with another that has the same prefix', async () => {
  const long = Uint8Array.from({ length: 16 }, (_, i) => i)
  const test = new LogInMemory([long, long.subarray(0, 15), long.subarray(0, 1)].map(bookmark))
  const index = new MemoryIndex()
  await indexLog(test.log, index)
  expect(await findBookmark(test.log, index, long)).toBe(0n)
  for (const [length, stale] of [
    [16, 1],
    [15, 0],
    [15, 2],
    [1, 0],
  ] as const) {
    const asked = long.subarray(0, length)
    index.put([{ key: asked, number: stale }])
    expect(await findBookmark(test.log, index, asked)).toBe(length === 16 ? 0n : length === 15 ? 1n : 2n)
    expect(await scanForBookmark(test.log, asked)).toBe(length === 16 ? 0n : length === 15 ? 1n : 2n)
  }
  expect(await scanForBookmark(test.log, long.subarray(0, 2))).toBeUndefined()
})

test('one scan serves all concurrent look-ups', async () => {
  const entries = Array.from({ length: 30_000 }, (_, n) => (n % 10 === 0 ? bookmark(key(n)) : event()))
  const test = new LogInMemory(entries)
  const index = new MemoryIndex()
  const stale = Array.from({ length: 50 }, (_, n) => ({ key: key(n, 9), number: n }))
  index.put(stale)
  await repairBookmarks(test.log, index, [key(1, 9)])
  const { reads } = test
  const found = await Promise.all([...stale, ...stale].map(({ key }) => findBookmark(test.log, index, key)))
  expect(found.every((number) => number === undefined)).toBe(true)
  expect(index.size).toBe(0)
  // Each look-up reads the entry that the index names; beyond that there are at most two scans, not fifty.
  expect(test.reads - reads).toBeLessThan(3 * reads + 400)
})

/** Turns of the event loop before an interruption: before a repair has begun to scan, and at several points of the scan. */
const TURNS = [1, 2, 3, 5, 8]

test.each(TURNS)('a repair does not undo what is committed while it scans, after %i turns', async (turns) => {
  const test = new LogInMemory(Array.from({ length: 5000 }, () => event()))
  const index = new MemoryIndex()
  index.put([{ key: key(1), number: 3 }])
  const found = findBookmark(test.log, index, key(1))
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
  index.put([{ key: key(1), number: 5000 }])
  test.commit(bookmark(key(1)), bookmark(key(2)))
  expect(await found).toBe(5000n)
  expect(await index.get(key(1))).toBe(5000)
  expect(index.size).toBe(1)
})

test.each(TURNS)('a repair begins again if the log is truncated while it scans, after %i turns', async (turns) => {
  const test = new LogInMemory([bookmark(key(1)), ...Array.from({ length: 5000 }, () => event()), bookmark(key(1))])
  const index = new MemoryIndex()
  index.put([{ key: key(1), number: 3 }])
  const found = findBookmark(test.log, index, key(1))
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
  test.truncate(100)
  expect(await found).toBe(0n)
  expect(await index.get(key(1))).toBe(0)
})

test.each([5, 15, 20, 30])('a repair discards what it found if that is truncated, after %i turns', async (turns) => {
  const test = new LogInMemory([bookmark(key(1)), ...Array.from({ length: 5000 }, () => event()), bookmark(key(1))])
  const index = new MemoryIndex()
  const found = repairBookmarks(test.log, index, [key(1), key(9)])
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
  test.truncate(100)
  expect(await found).toEqual([0, undefined])
  expect(await index.get(key(1))).toBe(0)
})

test('a repair copies its keys', async () => {
  const test = smallLog()
  const index = new MemoryIndex()
  index.put([
    { key: key(7), number: 1 },
    { key: key(1), number: 2 },
  ])
  const asked = key(7)
  const found = repairBookmarks(test.log, index, [asked])
  asked.set(key(1))
  await found
  expect(await index.get(key(7))).toBeUndefined()
  expect(await index.get(key(1))).toBe(2)
})

test('a damaged log is reported, and the next repair scans again', async () => {
  const test = smallLog()
  const index = new MemoryIndex()
  index.put([{ key: key(1), number: 0 }])
  const broken = new Error('broken')
  const locate = test.log.locate.bind(test.log)
  test.log.locate = () => Promise.reject(broken)
  await expect(repairBookmarks(test.log, index, [key(1)])).rejects.toBe(broken)
  test.log.locate = locate
  expect(await findBookmark(test.log, index, key(1))).toBe(2n)
})

test('gives the first event after a bookmark, past others and past the ends of pages', async () => {
  const { log } = new LogInMemory([
    bookmark(key(0)),
    bookmark(key(1)),
    event(LARGE, 5),
    bookmark(key(2)),
    event(30, 6),
    bookmark(key(3)),
  ])
  expect(await firstEventAfter(log, 0n)).toMatchObject({ number: 2n, type: 5 })
  expect(await firstEventAfter(log, 1n)).toMatchObject({ number: 2n, type: 5 })
  expect(await firstEventAfter(log, 3n)).toEqual({ number: 4n, type: 6, data: event(30).data })
  expect(await firstEventAfter(log, 5n)).toBeUndefined()
  expect(await firstEventAfter(log, 2n ** 64n - 1n)).toBeUndefined()
})

test('after a truncation the index is what it was before the entries were added', async () => {
  const keys = fc.nat(12)
  const property = fc.asyncProperty(fc.array(keys, { maxLength: 40, size: 'max' }), fc.nat(40), async (keys, at) => {
    const test = new LogInMemory(keys.map((n) => (n > 8 ? event() : bookmark(key(n)))))
    const index = new MemoryIndex()
    await indexLog(test.log, index)
    const end = Math.min(at, keys.length)
    await truncate(test, index, end)
    const expected = new Map(keys.slice(0, end).map((n, number) => [n, number]))
    for (let n = 0; n <= 8; n++) expect(await index.get(key(n))).toBe(expected.get(n))
  })
  await fc.assert(property, { numRuns: 50 })
})

test('a truncation that removes no bookmark reads nothing of the rest', async () => {
  const test = new LogInMemory([bookmark(key(1)), ...Array.from({ length: 3000 }, () => event())])
  const index = new MemoryIndex()
  await indexLog(test.log, index)
  const bookmarks = await truncatedBookmarks(test.log, 2900)
  test.truncate(2900)
  const { reads } = test
  await removeTruncated(test.log, index, bookmarks)
  expect(test.reads).toBe(reads)
  expect(await index.get(key(1))).toBe(0)
})

test('many bookmarks that a truncation removes are searched in groups', () => {
  const bookmarks = new KeyList()
  const most = 2 * 65_536
  expect([...bookmarks.groups(most)]).toEqual([])
  for (let n = 0; n <= most; n++) bookmarks.add(key(n))
  const groups = [...bookmarks.groups(most)]
  expect(groups.map((keys) => keys.length)).toEqual([most, 1])
  const [first, last] = groups
  for (const n of [0, 1, 65_535, 65_536, most - 1]) expect(first?.[n]).toEqual(key(n))
  expect(last).toEqual([key(most)])
})

async function truncate(test: LogInMemory, index: BookmarkIndex, number: number): Promise<void> {
  const bookmarks = await truncatedBookmarks(test.log, number)
  test.truncate(number)
  await removeTruncated(test.log, index, bookmarks)
}

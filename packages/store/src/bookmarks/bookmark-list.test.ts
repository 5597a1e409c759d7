import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BookmarkList } from './bookmark-list.ts'

const bookmark = fc.record({
  key: fc.uint8Array({ minLength: 1, maxLength: 16, size: 'max' }),
  number: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
})
/** In the order of their numbers. */
const bookmarks = fc
  .uniqueArray(bookmark, { maxLength: 300, size: 'max', selector: ({ number }) => number })
  .map((all) => all.toSorted((a, b) => a.number - b.number))

test('gives the bookmarks that were added, in order', () => {
  fc.assert(
    fc.property(bookmarks, fc.nat(40), (bookmarks, before) => {
      const list = new BookmarkList()
      for (const { key, number } of bookmarks) {
        const page = new Uint8Array(before + key.length + 3).fill(0xee)
        page.set(key, before)
        list.add(page, before, before + key.length, number)
        page.fill(0)
      }
      expect(list.length).toBe(bookmarks.length)
      expect(Array.from(list, ({ key, number }) => ({ key: key.slice(), number }))).toEqual(bookmarks)
      expect(Array.from(list, ({ number }) => number)).toEqual(bookmarks.map(({ number }) => number))
    }),
  )
})

test('refuses what is no bookmark, or out of order', () => {
  const list = new BookmarkList()
  const broken = expect.objectContaining({ name: 'InternalError' })
  const bytes = new Uint8Array(20)
  list.add(bytes, 0, 16, 5)
  for (const [from, to, number] of [
    [0, 0, 6],
    [0, 17, 6],
    [0, 3, 5],
    [0, 3, 4],
  ] as const) {
    expect(() => list.add(bytes, from, to, number)).toThrow(broken)
  }
  expect(list.length).toBe(1)
})

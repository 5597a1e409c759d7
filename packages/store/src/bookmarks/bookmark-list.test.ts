import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BookmarkList } from './bookmark-list.ts'

const bookmark = fc.record({
  key: fc.uint8Array({ minLength: 1, maxLength: 16, size: 'max' }),
  number: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
})

test('gives the bookmarks that were added, in order', () => {
  fc.assert(
    fc.property(fc.array(bookmark, { maxLength: 300, size: 'max' }), fc.nat(40), (bookmarks, before) => {
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

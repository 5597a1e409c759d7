import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytesLeftInPage, isWholePages, pageOf, pageStart, pagesInUse, placeEntry } from './pages.ts'

// Positions spelled out: the header page is 4,096 bytes, a data page 1,048,576.
const PAGE_0 = 4096
const PAGE_1 = 1_052_672
const PAGE_2 = 2_101_248

test.each([
  [PAGE_0, 0],
  [PAGE_1 - 1, 0],
  [PAGE_1, 1],
  [PAGE_2 - 1, 1],
  [PAGE_2, 2],
  [4096 + 1_048_576 * 5_000_000, 5_000_000],
])('position %i lies in page %i', (position, page) => {
  expect(pageOf(position)).toBe(page)
})

test.each([
  [0, PAGE_0],
  [1, PAGE_1],
  [2, PAGE_2],
  [5_000_000, 5_242_880_004_096],
])('page %i begins at %i', (page, position) => {
  expect(pageStart(page)).toBe(position)
})

test.each([
  [PAGE_0, 1_048_576],
  [PAGE_0 + 1, 1_048_575],
  [PAGE_1 - 1, 1],
  [PAGE_1, 1_048_576],
  [PAGE_2 - 17, 17],
])('from %i there are %i bytes to the end of the page', (position, left) => {
  expect(bytesLeftInPage(position)).toBe(left)
})

describe('an entry', () => {
  test.each([
    ['first of the file', PAGE_0, 17, PAGE_0],
    ['fits exactly', PAGE_1 - 17, 17, PAGE_1 - 17],
    ['is a byte too long', PAGE_1 - 17, 18, PAGE_1],
    ['leaves one byte of padding', PAGE_1 - 1, 17, PAGE_1],
    ['follows a page that is exactly full', PAGE_1, 26, PAGE_1],
    ['fills a whole page', PAGE_1, 1_048_576, PAGE_1],
    ['fills a whole page, which must be the next', PAGE_1 + 1, 1_048_576, PAGE_2],
  ])('%s', (_, position, length, start) => {
    expect(placeEntry(position, length)).toBe(start)
  })

  test('never crosses a page, and moves only if it must', () => {
    fc.assert(
      fc.property(fc.nat(3_000_000), fc.integer({ min: 17, max: 1_048_576 }), (used, length) => {
        const position = PAGE_0 + used
        const start = placeEntry(position, length)
        expect(pageOf(start + length - 1)).toBe(pageOf(start))
        if (start !== position) {
          expect(start).toBe(pageStart(pageOf(position) + 1))
          expect(pageOf(position + length - 1)).not.toBe(pageOf(position))
        }
      }),
    )
  })
})

test.each([
  [PAGE_0, 0],
  [PAGE_0 + 1, 1],
  [PAGE_1, 1],
  [PAGE_1 + 1, 2],
  [PAGE_2, 2],
])('a file in use up to %i uses %i pages', (totalLength, pages) => {
  expect(pagesInUse(totalLength)).toBe(pages)
})

test.each([
  [0, false],
  [4095, false],
  [4096, true],
  [4097, false],
  [4096 - 1_048_576, false],
  [PAGE_1 - 1, false],
  [PAGE_1, true],
  [PAGE_1 + 1, false],
  [104_861_696, true],
])('a file of %i bytes is whole pages: %s', (size, whole) => {
  expect(isWholePages(size)).toBe(whole)
})

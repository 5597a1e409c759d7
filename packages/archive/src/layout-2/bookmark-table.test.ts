import { randomFrom } from '@datastreamer/fixtures/random'
import { describe, expect, test } from 'vitest'
import { homePage } from './bookmark-key.ts'
import { type BookmarkRow, BookmarkRows } from './bookmark-rows.ts'
import { bookmarkPages } from './bookmark-table.ts'

const random = randomFrom(Number(process.env.TEST_SEED ?? 1))

/** The rows of a page as they were encoded: by the specification, not by our decoder. */
function rowsOf(page: Uint8Array): { key: number; record: number }[] {
  const view = new DataView(page.buffer, page.byteOffset, page.length)
  return Array.from({ length: view.getUint32(0, true) }, (_, i) => {
    return { key: view.getUint32(8 + 6 * i, true), record: view.getUint16(12 + 6 * i, true) }
  })
}

function sorted(rows: readonly BookmarkRow[]): BookmarkRow[] {
  const made = new BookmarkRows()
  for (const row of rows) made.push(row)
  return made.sorted()
}

/** How many pages have to be read to find a row, as a reader does. */
function pagesToFind({ high, low, key, record }: BookmarkRow, pages: readonly Uint8Array[], records: number): number {
  const home = homePage({ high, low }, pages.length)
  for (let i = 0; i < pages.length; i++) {
    const at = (home + i) % pages.length
    const page = pages[at] ?? new Uint8Array(8)
    const rows = rowsOf(page)
    if (rows.some((row) => row.key === key && row.record === record)) return i + 1
    const path = 4088 - page.length
    if (rows.length < Math.floor((4080 - path) / 6)) break
  }
  throw new Error(`not found: ${key} of record ${record}, of ${records}`)
}

const anywhere = (): BookmarkRow => {
  const u32 = (): number => random(65_536) * 65_536 + random(65_536)
  return { high: u32(), low: u32(), key: u32(), record: random(50) }
}

describe('the table of bookmarks', () => {
  test('has no page without rows, and one for 400', () => {
    expect(bookmarkPages([], 50)).toEqual([])
    for (const [rows, pages] of [
      [1, 1],
      [400, 1],
      [401, 2],
      [4000, 10],
    ] as const) {
      expect(bookmarkPages(sorted(Array.from({ length: rows }, anywhere)), 50).length).toBe(pages)
    }
  })

  test('has every row where a reader looks for it, mostly in the first page', () => {
    const rows = sorted(Array.from({ length: 20_000 }, anywhere))
    const pages = bookmarkPages(rows, 50)
    const reads = rows.map((row) => pagesToFind(row, pages, 50))
    expect(reads.filter((count) => count > 1).length).toBeLessThan(20)
    expect(pages.flatMap(rowsOf).length).toBe(rows.length)
  })

  test('holds them also if somebody chose them to be all in one page, the last or any', () => {
    for (const high of [0xffff_ffff, 0x8000_0000, 0]) {
      const rows = sorted(Array.from({ length: 5000 }, () => ({ ...anywhere(), high, low: random(9) })))
      const pages = bookmarkPages(rows, 50)
      expect(pages.length).toBe(13)
      for (const row of rows) pagesToFind(row, pages, 50)
      expect(pages.flatMap(rowsOf).length).toBe(rows.length)
    }
  })

  test('has a bookmark that is twice in a record once, and in two records twice', () => {
    const row = anywhere()
    const rows = sorted([row, { ...row, record: 51 }, row])
    expect(rows.length).toBe(2)
    expect(rowsOf(bookmarkPages(rows, 60)[0] ?? new Uint8Array(8)).map(({ key }) => key)).toEqual([row.key, row.key])
  })

  test('keeps the order of its rows in a page', () => {
    const rows = sorted(Array.from({ length: 300 }, anywhere))
    const keys = rowsOf(bookmarkPages(rows, 50)[0] ?? new Uint8Array(8)).map(({ key }) => key)
    expect(keys).toEqual(keys.toSorted((a, b) => a - b))
  })
})

test('a home page is the part of all pages that the hash is of all hashes', () => {
  const exact = (high: number, low: number, pages: number): number =>
    Number((((BigInt(high) << 32n) | BigInt(low)) * BigInt(pages)) >> 64n)
  for (let i = 0; i < 20_000; i++) {
    const { high, low } = anywhere()
    const pages = 1 + random(1_048_576)
    expect(homePage({ high, low }, pages)).toBe(exact(high, low, pages))
  }
  expect(homePage({ high: 0xffff_ffff, low: 0xffff_ffff }, 1_048_576)).toBe(1_048_575)
})

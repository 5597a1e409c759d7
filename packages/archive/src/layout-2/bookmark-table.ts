import { homePage } from './bookmark-key.ts'
import { encodeBookmarkPage, type PageRow, pageCapacity } from './bookmark-page.ts'
import type { BookmarkRow } from './bookmark-rows.ts'

/** Rows that pages have room for on average. */
const ROWS_PER_PAGE = 400

/**
 * Put rows into pages: each into its home page or, if that is full, into the next that is not.
 *
 * @param rows sorted, each once
 * @param records how many records the segment has
 * @returns the pages without header and path
 * @see docs/spec/archive.md §7.2
 */
export function bookmarkPages(rows: readonly BookmarkRow[], records: number): Uint8Array[] {
  const count = Math.ceil(rows.length / ROWS_PER_PAGE)
  const pages = Array.from({ length: count }, (_, page) => ({
    rows: [] as PageRow[],
    room: pageCapacity(records + page, records + count),
  }))
  // The next page with room, as far as is known; it is looked up through pages that were found full.
  const next = pages.map((_, page) => page)
  for (const row of rows) {
    const home = homePage(row, count)
    let at = home
    for (let page = pages[at]; page !== undefined && page.rows.length === page.room; page = pages[at]) {
      const onwards = next[at] ?? 0
      at = onwards === at ? (at + 1) % count : onwards
    }
    next[home] = at
    pages[at]?.rows.push({ key: row.key, record: row.record })
  }
  return pages.map((page, i) => encodeBookmarkPage(page.rows, records + i, records + count))
}

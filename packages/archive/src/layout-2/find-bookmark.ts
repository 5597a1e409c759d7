import { lastBookmark } from '../segment/last-bookmark.ts'
import { bookmarkKey, homePage } from './bookmark-key.ts'
import { recordsOfKey } from './bookmark-page.ts'
import { blockOfBookmark } from './entry-facts.ts'
import { blockInRecord } from './pieces.ts'
import type { Segment2 } from './segment-2.ts'

/**
 * Number of the last entry that is this bookmark, `undefined` if the segment does not have it. Reads a page of the table,
 * or those after it as long as they are full, and the records that may hold it, the last one first.
 *
 * @throws {SegmentError} @throws {E2StoreError}
 * @see docs/spec/archive.md §7.2
 */
export async function findBookmark2(segment: Segment2, bookmark: Uint8Array): Promise<bigint | undefined> {
  const { index, header } = segment
  const candidates = new Set<number>()
  const block = blockOfBookmark(bookmark, header.encoding)
  const begins = block === undefined ? undefined : blockInRecord(index.records, index.blocks, block)
  if (begins !== undefined) candidates.add(begins)
  const key = bookmarkKey(bookmark, segment.codecs.sha256)
  const home = homePage(key, index.pages)
  for (let i = 0; i < index.pages; i++) {
    const page = await segment.page((home + i) % index.pages, 'read')
    for (const record of recordsOfKey(page, key.key)) candidates.add(record)
    if (!page.isFull) break
  }
  for (const record of [...candidates].sort((a, b) => b - a)) {
    for await (const run of segment.runs('read', record)) {
      const found = lastBookmark(run, bookmark)
      if (found !== undefined) return found
      break
    }
  }
  return undefined
}

import { SegmentError } from '../errors.ts'
import { ENTRIES_START } from '../segment/header.ts'
import { inclusionProofLength } from '../tlog/merkle.ts'
import { HASH_BYTES, MAX_PAGES, PAGE_RECORD_BYTES } from './limits.ts'
import { type RecordRow, type SegmentBlocks, streamIndexBytes } from './stream-index.ts'

// Where the pieces of a segment lie, by the rows of its index, or of its leaf in a history. docs/spec/archive.md §7.

/** Bytes of the path that lies with piece `index` of so many. */
export function pathBytes(index: number, pieces: number): number {
  return HASH_BYTES * inclusionProofLength(index, pieces)
}

/** Where the record `index` begins; for as many as there are, where the pages of bookmarks begin. */
export function recordPosition(records: readonly RecordRow[], index: number): number {
  let position = ENTRIES_START
  for (const { bytes } of records.slice(0, index)) position += bytes
  return position
}

/** Where a page of bookmarks begins, {@link PAGE_RECORD_BYTES} long. */
export function pagePosition(records: readonly RecordRow[], page: number): number {
  return recordPosition(records, records.length) + page * PAGE_RECORD_BYTES
}

/**
 * Pages of bookmarks that a segment has, by the bytes of its file.
 *
 * @throws {SegmentError} `BAD_INDEX` if no number of pages takes the bytes that are left
 */
export function pagesOf(records: readonly RecordRow[], fileBytes: number): number {
  const from = recordPosition(records, records.length)
  const pages = (fileBytes - from - streamIndexBytes(records.length)) / PAGE_RECORD_BYTES
  if (Number.isInteger(pages) && pages >= 0 && pages <= MAX_PAGES) return pages
  const what = `${fileBytes} bytes of file, which ${records.length} records up to byte ${from} and whole pages do not take,`
  throw new SegmentError('BAD_INDEX', what, from, 'open')
}

/** Index of the record that holds entry `number` of a segment that begins with entry `first`. */
export function entryInRecord(records: readonly RecordRow[], first: bigint, number: bigint): number | undefined {
  let end = first
  if (number < first) return undefined
  for (const [index, { entries }] of records.entries()) {
    end += BigInt(entries)
    if (number < end) return index
  }
  return undefined
}

/** Index of the record in which L2 block `number` begins. */
export function blockInRecord(
  records: readonly RecordRow[],
  { first, count }: Pick<SegmentBlocks, 'first' | 'count'>,
  number: bigint,
): number | undefined {
  if (number < first || number >= first + BigInt(count)) return undefined
  let end = first
  for (const [index, { blocks }] of records.entries()) {
    end += BigInt(blocks)
    if (number < end) return index
  }
  return undefined
}

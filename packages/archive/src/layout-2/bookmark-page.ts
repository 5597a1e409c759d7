import { RECORD_HEADER_BYTES } from '@datastreamer/e2store'
import { viewOf } from '@datastreamer/format'
import { SegmentError } from '../errors.ts'
import { SegmentRecordType } from '../segment/record-type.ts'
import { PAGE_RECORD_BYTES } from './limits.ts'
import { checkPath, checkPieceHeader, type ExpectedPiece } from './piece.ts'
import { pathBytes } from './pieces.ts'

/** Which record may hold a bookmark with that key. */
export interface PageRow {
  readonly key: number
  /** Index of the record. */
  readonly record: number
}

/** A page of bookmarks that was read. */
export interface BookmarkPage {
  readonly rows: readonly PageRow[]
  /** Whether bookmarks that belong to it may be in the next page. */
  readonly isFull: boolean
}

const FIELDS_BYTES = 8
const ROW_BYTES = 6

/** Rows that the page that is piece `index` of so many has room for. */
export function pageCapacity(index: number, pieces: number): number {
  return Math.floor((dataBytes(index, pieces) - FIELDS_BYTES) / ROW_BYTES)
}

/** Bytes of a page between its header and its path: those that are hashed. */
function dataBytes(index: number, pieces: number): number {
  return PAGE_RECORD_BYTES - RECORD_HEADER_BYTES - pathBytes(index, pieces)
}

/**
 * Encode a page without its header and path, little-endian: `rows u32 | zero u32 | rows × { key u32 | record u16 } | zeros`.
 *
 * @param rows in any order; they become sorted
 */
export function encodeBookmarkPage(rows: readonly PageRow[], index: number, pieces: number): Uint8Array {
  const out = new Uint8Array(dataBytes(index, pieces))
  const view = viewOf(out)
  view.setUint32(0, rows.length, true)
  for (const [i, { key, record }] of rows.toSorted(compare).entries()) {
    view.setUint32(FIELDS_BYTES + ROW_BYTES * i, key, true)
    view.setUint16(FIELDS_BYTES + ROW_BYTES * i + 4, record, true)
  }
  return out
}

/** What is known of a page before it is read. */
export interface ExpectedPage extends ExpectedPiece {
  /** How many records the segment has. */
  readonly records: number
}

/**
 * Decode a StreamBookmarks record, and check that it is the one of the segment with that root.
 *
 * @param bytes all of the record, header included
 * @throws {SegmentError} `BAD_RECORD`, `WRONG_DIGEST`
 * @see docs/spec/archive.md §7.2
 */
export async function decodeBookmarkPage(bytes: Uint8Array, expected: ExpectedPage): Promise<BookmarkPage> {
  const { index, pieces, position, step = 'read', records } = expected
  const bad = (what: string): SegmentError => new SegmentError('BAD_RECORD', what, position, step)
  if (bytes.length !== PAGE_RECORD_BYTES) throw bad(`page of ${bytes.length} bytes, expected ${PAGE_RECORD_BYTES}`)
  checkPieceHeader(bytes, SegmentRecordType.StreamBookmarks, expected)
  const pathAt = bytes.length - pathBytes(index, pieces)
  const data = bytes.subarray(RECORD_HEADER_BYTES, pathAt)
  await checkPath([data], bytes.subarray(pathAt), expected)
  const view = viewOf(data)
  const [count, capacity] = [view.getUint32(0, true), pageCapacity(index, pieces)]
  if (count > capacity) throw bad(`page of ${count} rows, expected at most ${capacity}`)
  const end = FIELDS_BYTES + ROW_BYTES * count
  if (view.getUint32(4) !== 0 || data.subarray(end).some((byte) => byte !== 0)) {
    throw bad('bytes that are not 0 where they have to be')
  }
  const rows = Array.from({ length: count }, (_, i) => ({
    key: view.getUint32(FIELDS_BYTES + ROW_BYTES * i, true),
    record: view.getUint16(FIELDS_BYTES + ROW_BYTES * i + 4, true),
  }))
  for (const [i, row] of rows.entries()) {
    const before = rows[i - 1]
    if (before !== undefined && compare(before, row) > 0) throw bad(`row ${i} of bookmarks is not in order`)
    if (row.record >= records) throw bad(`bookmark in record ${row.record}, expected 0 to ${records - 1}`)
  }
  return { rows, isFull: count === capacity }
}

/** Indexes of the records that a page says for a key, in order. */
export function recordsOfKey({ rows }: BookmarkPage, key: number): number[] {
  return [...new Set(rows.filter((row) => row.key === key).map(({ record }) => record))]
}

function compare(a: PageRow, b: PageRow): number {
  return a.key - b.key || a.record - b.record
}

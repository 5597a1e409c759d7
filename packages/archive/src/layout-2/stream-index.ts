import { encodeRecordHeader, RECORD_HEADER_BYTES } from '@datastreamer/e2store'
import { viewOf } from '@datastreamer/format'
import { SegmentError } from '../errors.ts'
import { ENTRIES_START } from '../segment/header.ts'
import { POINT_BYTES, putPoint, type StreamPoint, takePoint } from '../segment/point.ts'
import { SegmentRecordType } from '../segment/record-type.ts'
import { HASH_BYTES, LEAST_RECORD_BYTES, MAX_PAGES, MAX_RECORD_BYTES, PAGE_RECORD_BYTES } from './limits.ts'

/** One StreamRecord of a segment. */
export interface RecordRow {
  /** Bytes in the file, header and path included. */
  readonly bytes: number
  readonly entries: number
  /** L2 blocks that begin in it. */
  readonly blocks: number
}

/** The L2 blocks that begin in a segment. */
export interface SegmentBlocks {
  /** Number of the first block, 0 if there is none. */
  readonly first: bigint
  readonly count: number
  readonly firstBatch: bigint
  readonly lastBatch: bigint
  /** Timestamp of the first block, in seconds. */
  readonly firstTime: bigint
  readonly lastTime: bigint
}

/** Of a segment in which no block begins. */
export const NO_BLOCKS: SegmentBlocks = {
  ...{ first: 0n, count: 0 },
  ...{ firstBatch: 0n, lastBatch: 0n },
  ...{ firstTime: 0n, lastTime: 0n },
}

/** What a segment of layout 2 ends with. docs/spec/archive.md §7.3. */
export interface StreamIndex {
  /** Point after the last entry. */
  readonly end: StreamPoint
  readonly blocks: SegmentBlocks
  /** Pages of bookmarks. */
  readonly pages: number
  /** Root of the tree of pieces. */
  readonly root: Uint8Array
  readonly records: readonly RecordRow[]
}

const FIXED_BYTES = 152
const ROW_BYTES = 12
const BLOCKS_AT: number = RECORD_HEADER_BYTES + POINT_BYTES
const PAGES_AT = 104
const ROOT_AT = 112
const ROWS_AT: number = ROOT_AT + HASH_BYTES

/** Bytes of a StreamIndex of so many records, its header included. */
export function streamIndexBytes(records: number): number {
  return FIXED_BYTES + ROW_BYTES * records
}

/** Encode a StreamIndex record, with its header. @see docs/spec/archive.md §7.3 */
export function encodeStreamIndex({ end, blocks, pages, root, records }: StreamIndex): Uint8Array {
  const out = new Uint8Array(streamIndexBytes(records.length))
  const view = viewOf(out)
  out.set(encodeRecordHeader(SegmentRecordType.StreamIndex, out.length - RECORD_HEADER_BYTES))
  putPoint(out, RECORD_HEADER_BYTES, end)
  view.setBigUint64(BLOCKS_AT, blocks.first, true)
  view.setUint32(BLOCKS_AT + 8, blocks.count, true)
  view.setUint32(BLOCKS_AT + 12, records.length, true)
  view.setBigUint64(BLOCKS_AT + 16, blocks.firstBatch, true)
  view.setBigUint64(BLOCKS_AT + 24, blocks.lastBatch, true)
  view.setBigUint64(BLOCKS_AT + 32, blocks.firstTime, true)
  view.setBigUint64(BLOCKS_AT + 40, blocks.lastTime, true)
  view.setUint32(PAGES_AT, pages, true)
  out.set(root, ROOT_AT)
  for (const [i, row] of records.entries()) {
    const at = ROWS_AT + ROW_BYTES * i
    view.setUint32(at, row.bytes, true)
    view.setUint32(at + 4, row.entries, true)
    view.setUint32(at + 8, row.blocks, true)
  }
  view.setBigUint64(out.length - 8, BigInt(records.length), true)
  return out
}

/**
 * Decode a StreamIndex record, found at `position` in its file by the number of records that the file ends with.
 *
 * @param record all of it, header included
 * @param start point before the segment's first entry
 * @throws {SegmentError} `BAD_INDEX` @throws {SegmentError} `BAD_HEADER` for a position that no stream can have
 * @see docs/spec/archive.md §7.3
 */
export function decodeStreamIndex(record: Uint8Array, position: number, start: StreamPoint): StreamIndex {
  const bad = (what: string): SegmentError => new SegmentError('BAD_INDEX', what, position, 'open')
  const view = viewOf(record)
  const count = (record.length - FIXED_BYTES) / ROW_BYTES
  const header = encodeRecordHeader(SegmentRecordType.StreamIndex, record.length - RECORD_HEADER_BYTES)
  if (!header.every((byte, i) => byte === record[i])) throw bad(`no index of ${count} records`)
  const [inFields, atEnd] = [view.getUint32(BLOCKS_AT + 12, true), view.getBigUint64(record.length - 8, true)]
  if (inFields !== count || atEnd !== BigInt(count)) throw bad(`index of ${inFields} records, expected ${count}`)
  if (view.getUint32(PAGES_AT + 4) !== 0) throw bad('bytes that are not 0 where they have to be')
  const index = {
    end: takePoint(record, RECORD_HEADER_BYTES, position),
    blocks: takeBlocks(view),
    pages: view.getUint32(PAGES_AT, true),
    root: record.slice(ROOT_AT, ROWS_AT),
    records: Array.from({ length: count }, (_, i) => takeRow(view, ROWS_AT + ROW_BYTES * i)),
  }
  const fault = faultOfIndex(index, position, start)
  if (fault !== undefined) throw bad(fault)
  return index
}

function takeBlocks(view: DataView): SegmentBlocks {
  return {
    first: view.getBigUint64(BLOCKS_AT, true),
    count: view.getUint32(BLOCKS_AT + 8, true),
    firstBatch: view.getBigUint64(BLOCKS_AT + 16, true),
    lastBatch: view.getBigUint64(BLOCKS_AT + 24, true),
    firstTime: view.getBigUint64(BLOCKS_AT + 32, true),
    lastTime: view.getBigUint64(BLOCKS_AT + 40, true),
  }
}

function takeRow(view: DataView, at: number): RecordRow {
  return {
    bytes: view.getUint32(at, true),
    entries: view.getUint32(at + 4, true),
    blocks: view.getUint32(at + 8, true),
  }
}

/** What in an index contradicts itself, or where it stands. */
function faultOfIndex(
  { end, blocks, pages, records }: StreamIndex,
  position: number,
  start: StreamPoint,
): string | undefined {
  const { first, count, firstBatch, lastBatch, firstTime, lastTime } = blocks
  const says = first | firstBatch | lastBatch | firstTime | lastTime
  if (count === 0 && says !== 0n) return 'numbers of blocks without a block'
  if (first + BigInt(count) > 1n << 64n) return `${count} blocks from ${first} on`
  if (pages > MAX_PAGES) return `${pages} pages of bookmarks, expected at most ${MAX_PAGES}`
  let [at, entries, begin] = [ENTRIES_START, 0, 0]
  for (const row of records) {
    if (row.bytes < LEAST_RECORD_BYTES || row.bytes > MAX_RECORD_BYTES) {
      return `record of ${row.bytes} bytes, expected ${LEAST_RECORD_BYTES} to ${MAX_RECORD_BYTES}`
    }
    if (row.entries === 0) return 'record without entries'
    at += row.bytes
    entries += row.entries
    begin += row.blocks
  }
  if (at + pages * PAGE_RECORD_BYTES !== position) {
    return `index whose records and pages end at byte ${at + pages * PAGE_RECORD_BYTES}`
  }
  if (begin !== count) return `records of ${begin} blocks, expected ${count}`
  if (end.number - start.number === BigInt(entries)) return undefined
  return `records of ${entries} entries, expected those from ${start.number} to before ${end.number}`
}

import { ROW_BYTES } from '../leaf/encode-leaf.ts'
import { HistoryError } from '../leaf/history-error.ts'
import { type SegmentLeaf, segmentKey } from '../leaf/leaf.ts'

/** Of a StreamIndex without its rows, with its header. */
const INDEX_BYTES = 160
const BOOKMARK_PAGE_BYTES = 4096

/** Where the first record of a segment begins: after Version and StreamHeader. docs/spec/archive.md §7.3. */
const RECORDS_START = 88

/** A record of a segment. */
export interface RecordPlace {
  /** Which record of the segment. */
  readonly index: number
  /** Number of its first entry. */
  readonly first: bigint
  readonly entries: number
  /** Position in the file. */
  readonly position: number
  /** Bytes in the file. */
  readonly bytes: number
  /** L2 blocks that begin before it in the segment, and in it. */
  readonly blocksBefore: number
  readonly blocks: number
}

/** Consecutive records of a segment, to be had with one request. */
export interface RecordGroup {
  readonly leaf: SegmentLeaf
  readonly records: readonly RecordPlace[]
  /** Bytes of all of them. */
  readonly bytes: number
}

/** Where the records of a segment lie. @throws {HistoryError} `BAD_LEAF` if they would not fit into the file */
export function recordPlaces(leaf: SegmentLeaf): RecordPlace[] {
  let [position, first, blocksBefore] = [RECORDS_START, leaf.start.number, 0]
  const places = leaf.records.map(({ bytes, entries, blocks }, index) => {
    const place = { index, first, entries, position, bytes, blocksBefore, blocks }
    position += bytes
    first += BigInt(entries)
    blocksBefore += blocks
    return place
  })
  const free = leaf.bytes - position - INDEX_BYTES - ROW_BYTES * places.length
  if (free >= 0 && free % BOOKMARK_PAGE_BYTES === 0) return places
  const message = `records up to byte ${position} of a file of ${leaf.bytes} bytes`
  throw new HistoryError('BAD_LEAF', `the leaf of ${segmentKey(leaf)}: ${message}`)
}

/** Split records into groups of up to `maxBytes`, or of one record. `nextMax` is asked before each group. */
export function* groupRecords(
  leaf: SegmentLeaf,
  places: readonly RecordPlace[],
  nextMax: () => number,
): Generator<RecordGroup, void, void> {
  let records: RecordPlace[] = []
  let [bytes, max] = [0, nextMax()]
  for (const place of places) {
    if (records.length > 0 && bytes + place.bytes > max) {
      yield { leaf, records, bytes }
      records = []
      bytes = 0
      max = nextMax()
    }
    records.push(place)
    bytes += place.bytes
  }
  if (records.length > 0) yield { leaf, records, bytes }
}

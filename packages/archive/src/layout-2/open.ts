import type { ByteSource } from '@datastreamer/e2store'
import { viewOf } from '@datastreamer/format'
import type { Codecs } from '../codecs/codecs.ts'
import { SegmentError } from '../errors.ts'
import { ENTRIES_START, type SegmentHeader } from '../segment/header.ts'
import { LEAST_RECORD_BYTES, MAX_RECORDS } from './limits.ts'
import { Segment2 } from './segment-2.ts'
import { decodeStreamIndex, streamIndexBytes } from './stream-index.ts'

const COUNT_BYTES = 8

/**
 * Open a segment of layout 2 whose header was read. Reads its last record only.
 *
 * @throws {SegmentError} `BAD_HEADER`, `BAD_INDEX` @throws {E2StoreError}
 * @see docs/spec/archive.md §7.3
 */
export async function openSegment2(source: ByteSource, codecs: Codecs, header: SegmentHeader): Promise<Segment2> {
  const { size } = source
  const bad = (what: string, at: number): SegmentError => new SegmentError('BAD_INDEX', what, at, 'open')
  const room = size - ENTRIES_START - LEAST_RECORD_BYTES - streamIndexBytes(1)
  if (room < 0) throw bad(`${size - ENTRIES_START} bytes cannot hold a record and an index`, ENTRIES_START)
  const count = viewOf(await source.read(size - COUNT_BYTES, COUNT_BYTES)).getBigUint64(0, true)
  if (count < 1n || count > BigInt(MAX_RECORDS)) {
    throw bad(`index of ${count} records, expected 1 to ${MAX_RECORDS}`, size - COUNT_BYTES)
  }
  const bytes = streamIndexBytes(Number(count))
  const position = size - bytes
  if (position < ENTRIES_START) throw bad(`no room for an index of ${count} records`, size - COUNT_BYTES)
  return new Segment2(
    source,
    codecs,
    header,
    decodeStreamIndex(await source.read(position, bytes), position, header.start),
  )
}

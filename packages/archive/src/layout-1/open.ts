import { type ByteSource, RECORD_HEADER_BYTES, readRecord } from '@datastreamer/e2store'
import type { Codecs } from '../codecs/codecs.ts'
import { SegmentError } from '../errors.ts'
import { ENTRIES_START, type SegmentHeader } from '../segment/header.ts'
import { expectRecord, SegmentRecordType } from '../segment/record-type.ts'
import { Segment1 } from './segment-1.ts'
import { decodeEnd, END_BYTES } from './segment-end.ts'
import { readSegmentIndex } from './segment-index.ts'

/**
 * Open a segment of layout 1 whose header was read. Reads its last records only.
 *
 * @throws {SegmentError} `BAD_HEADER`, `BAD_RECORD`, `BAD_INDEX` @throws {E2StoreError}
 * @see docs/spec/archive.md §2
 */
export async function openSegment1(source: ByteSource, codecs: Codecs, header: SegmentHeader): Promise<Segment1> {
  const index = await readSegmentIndex(source, ENTRIES_START)
  const endAt = index.position - END_BYTES - RECORD_HEADER_BYTES
  if (endAt < ENTRIES_START) throw new SegmentError('BAD_RECORD', 'no room for the end of the stream', endAt, 'open')
  const last = await readRecord(source, endAt, { step: 'open', end: index.position })
  expectRecord(last, SegmentRecordType.StreamEnd, 'open')
  if (last.length !== END_BYTES) {
    throw new SegmentError('BAD_RECORD', `end record of ${last.length} bytes, expected ${END_BYTES}`, endAt, 'open')
  }
  const end = decodeEnd(last.data, endAt)
  if (end.point.number < header.start.number) {
    const what = `entries from ${header.start.number} to before ${end.point.number}`
    throw new SegmentError('BAD_HEADER', what, endAt, 'open')
  }
  return new Segment1(source, codecs, header, end, index)
}

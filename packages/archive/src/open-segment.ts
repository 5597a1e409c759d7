import { type ByteSource, RECORD_HEADER_BYTES, RecordType, readRecord, readRecordHeader } from '@datastreamer/e2store'
import { viewOf } from '@datastreamer/format'
import { SegmentError } from './errors.ts'
import {
  decodeEnd,
  decodeHeader,
  END_BYTES,
  ENTRIES_START,
  expectRecord,
  MAX_RECORD_BYTES,
  SegmentRecordType,
} from './layout.ts'
import { Segment } from './segment.ts'
import { readSegmentIndex } from './segment-index.ts'

/** Whether a file begins as segments do. */
export async function isSegment(source: ByteSource): Promise<boolean> {
  if (source.size < 2 * RECORD_HEADER_BYTES) return false
  const view = viewOf(await source.read(0, RECORD_HEADER_BYTES + 2))
  return (
    view.getUint16(0) === RecordType.Version && view.getUint16(RECORD_HEADER_BYTES) === SegmentRecordType.StreamHeader
  )
}

/**
 * Open a segment. Reads its first and last records only.
 *
 * @throws {SegmentError} `BAD_HEADER`, `BAD_RECORD`, `BAD_INDEX` @throws {E2StoreError}
 * @see docs/spec/archive.md §2
 */
export async function openSegment(source: ByteSource): Promise<Segment> {
  const version = await readRecordHeader(source, 0, { step: 'open' })
  expectRecord(version, RecordType.Version, 'open')
  const at = version.end
  const first = await readRecord(source, at, { step: 'open', maxRecordBytes: MAX_RECORD_BYTES })
  expectRecord(first, SegmentRecordType.StreamHeader, 'open')
  const header = decodeHeader(first.data, at)
  const blocks = await readSegmentIndex(source, ENTRIES_START)
  const endAt = blocks.position - END_BYTES - RECORD_HEADER_BYTES
  if (endAt < ENTRIES_START) throw new SegmentError('BAD_RECORD', 'no room for the end of the stream', endAt, 'open')
  const last = await readRecord(source, endAt, { step: 'open', end: blocks.position })
  expectRecord(last, SegmentRecordType.StreamEnd, 'open')
  if (last.length !== END_BYTES) {
    throw new SegmentError('BAD_RECORD', `end record of ${last.length} bytes, expected ${END_BYTES}`, endAt, 'open')
  }
  const end = decodeEnd(last.data, endAt)
  if (end.point.number < header.start.number) {
    const what = `entries from ${header.start.number} to before ${end.point.number}`
    throw new SegmentError('BAD_HEADER', what, endAt, 'open')
  }
  return new Segment(source, header, end, blocks)
}

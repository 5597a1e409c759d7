import { type ByteSource, RECORD_HEADER_BYTES, RecordType, readRecord, readRecordHeader } from '@datastreamer/e2store'
import { viewOf } from '@datastreamer/format'
import { type Codecs, portableCodecs } from '../codecs/codecs.ts'
import { SegmentError } from '../errors.ts'
import { openSegment1 } from '../layout-1/open.ts'
import type { Segment1 } from '../layout-1/segment-1.ts'
import { openSegment2 } from '../layout-2/open.ts'
import type { Segment2 } from '../layout-2/segment-2.ts'
import { decodeHeader } from '../segment/header.ts'
import { expectRecord, SegmentRecordType } from '../segment/record-type.ts'

/** Most bytes of a header record that are read to say what is wrong with it. */
const MAX_HEADER_BYTES = 4096

/** A segment that was opened: what its first and last records say, and its entries. */
export type Segment = Segment1 | Segment2

/** Whether a file begins as segments do. */
export async function isSegment(source: ByteSource): Promise<boolean> {
  if (source.size < 2 * RECORD_HEADER_BYTES) return false
  const view = viewOf(await source.read(0, RECORD_HEADER_BYTES + 2))
  return (
    view.getUint16(0) === RecordType.Version && view.getUint16(RECORD_HEADER_BYTES) === SegmentRecordType.StreamHeader
  )
}

/**
 * Open a segment of any layout. Reads its first and last records only.
 *
 * @throws {SegmentError} `BAD_HEADER`, `BAD_RECORD`, `BAD_INDEX` @throws {E2StoreError}
 * @see docs/spec/archive.md §2, §7
 */
export async function openSegment(source: ByteSource, codecs: Codecs = portableCodecs): Promise<Segment> {
  const version = await readRecordHeader(source, 0, { step: 'open' })
  expectRecord(version, RecordType.Version, 'open')
  const at = version.end
  if (at !== RECORD_HEADER_BYTES) throw new SegmentError('BAD_HEADER', `version of ${version.length} bytes`, 0, 'open')
  const first = await readRecord(source, at, { step: 'open', maxRecordBytes: MAX_HEADER_BYTES })
  expectRecord(first, SegmentRecordType.StreamHeader, 'open')
  const header = decodeHeader(first.data, at)
  return header.layout === 1 ? openSegment1(source, codecs, header) : openSegment2(source, codecs, header)
}

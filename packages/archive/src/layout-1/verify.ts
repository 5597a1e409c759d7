import { encodeRecordHeader, RecordType } from '@datastreamer/e2store'
import { throwIfAborted } from '../abort.ts'
import { SegmentError } from '../errors.ts'
import { ChainCheck } from '../segment/chain-check.ts'
import { encodedEntries } from '../segment/entry-run.ts'
import { encodeHeader } from '../segment/header.ts'
import { sameBytes } from '../segment/point.ts'
import { SegmentRecordType } from '../segment/record-type.ts'
import type { VerifySegmentOptions } from '../segment/verify-options.ts'
import { BlockCheck } from './block-check.ts'
import type { RecordRun } from './record-run.ts'
import type { Segment1 } from './segment-1.ts'
import { END_BYTES, encodeEnd } from './segment-end.ts'

/**
 * The entries of a segment of layout 1, a record at a time, while all of it is checked: digests, checksum, numbers,
 * positions, index. What was yielded is to be trusted only once the generator ends.
 *
 * @throws {SegmentError} @throws {E2StoreError}
 * @throws {ChainError} `TARGET_DIFFERS` if the stream does not pass `through`
 * @see docs/spec/archive.md §4
 */
export async function* verifiedRuns1(
  segment: Segment1,
  { signal, through, onProgress }: VerifySegmentOptions,
): AsyncGenerator<RecordRun, void, void> {
  const { header, end, endPosition, source } = segment
  const { sha256 } = segment.codecs
  const chain = new ChainCheck(segment, sha256, through)
  const blocks = new BlockCheck(segment)
  const sum = sha256.create()
  const addRecord = (type: number, data: Uint8Array): void => {
    sum.update(encodeRecordHeader(type, data.length))
    sum.update(data)
  }
  addRecord(RecordType.Version, new Uint8Array(0))
  addRecord(SegmentRecordType.StreamHeader, encodeHeader(header))
  for await (const run of segment.runs('verify')) {
    throwIfAborted(signal)
    const { record } = run
    addRecord(record.type, record.data)
    for (const entry of encodedEntries(run)) {
      blocks.push(entry, record.position)
      chain.push(entry)
    }
    onProgress?.(record.end, source.size)
    yield run
  }
  chain.finish(endPosition)
  sum.update(encodeRecordHeader(SegmentRecordType.StreamEnd, END_BYTES))
  sum.update(encodeEnd(end))
  if (!sameBytes(sum.digest(), segment.checksum)) {
    throw new SegmentError('WRONG_DIGEST', 'bytes before it have another checksum', endPosition, 'verify')
  }
  blocks.end()
}

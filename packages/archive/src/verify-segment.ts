import { encodeRecordHeader, RecordType } from '@datastreamer/e2store'
import type { Signal } from '@datastreamer/format'
import { throwIfAborted } from './abort.ts'
import { BlockCheck } from './block-check.ts'
import { DigestChain, sameBytes, samePoint } from './digest-chain.ts'
import { type EntryRun, encodedEntries } from './entry-run.ts'
import { ChainError, SegmentError } from './errors.ts'
import { END_BYTES, encodeEnd, encodeHeader, SegmentRecordType, type StreamPoint } from './layout.ts'
import type { Segment } from './segment.ts'
import { portableSha256, type Sha256 } from './sha256.ts'

export interface VerifySegmentOptions {
  readonly signal?: Signal | undefined
  /** A point inside the segment that the stream has to pass. */
  readonly through?: StreamPoint | undefined
  /** Called with the bytes of the file that are checked. */
  readonly onProgress?: ((bytes: number, total: number) => void) | undefined
  /** (default {@link portableSha256}) */
  readonly sha256?: Sha256 | undefined
}

/**
 * The entries of a segment, a record at a time, while all of it is checked: digests, checksum, numbers, positions, index.
 * What was yielded is to be trusted only once the generator ends.
 *
 * @throws {SegmentError} @throws {E2StoreError}
 * @throws {ChainError} `TARGET_DIFFERS` if the stream does not pass `through`
 * @see docs/spec/archive.md §4
 */
export async function* verifiedRuns(
  segment: Segment,
  { signal, through, onProgress, sha256 = portableSha256 }: VerifySegmentOptions = {},
): AsyncGenerator<EntryRun, void, void> {
  const { header, end, endPosition, source } = segment
  const chain = new DigestChain(header.start, sha256)
  const blocks = new BlockCheck(segment)
  const sum = sha256.create()
  const addRecord = (type: number, data: Uint8Array): void => {
    sum.update(encodeRecordHeader(type, data.length))
    sum.update(data)
  }
  checkStart(segment, sha256)
  addRecord(RecordType.Version, new Uint8Array(0))
  addRecord(SegmentRecordType.StreamHeader, encodeHeader(header))
  for await (const run of segment.runs('verify')) {
    throwIfAborted(signal)
    const { record } = run
    addRecord(record.type, record.data)
    for (const entry of encodedEntries(run)) {
      if (chain.number === through?.number) checkThrough(chain, through)
      blocks.push(entry, record.position)
      chain.append(entry)
    }
    onProgress?.(record.end, source.size)
    yield run
  }
  if (chain.number === through?.number) checkThrough(chain, through)
  if (!samePoint(chain.point(), end.point)) {
    const what = `stream goes up to entry ${chain.number}, or is another than the file says (entry ${end.point.number})`
    throw new SegmentError('WRONG_DIGEST', what, endPosition, 'verify')
  }
  sum.update(encodeRecordHeader(SegmentRecordType.StreamEnd, END_BYTES))
  sum.update(encodeEnd(end.point))
  if (!sameBytes(sum.digest(), end.checksum)) {
    throw new SegmentError('WRONG_DIGEST', 'bytes before it have another checksum', endPosition, 'verify')
  }
  blocks.end()
}

/** What a verified segment holds. */
export interface SegmentReport {
  readonly entries: bigint
  readonly blocks: number
}

/** Check all of a segment. Throws as {@link verifiedRuns}. */
export async function verifySegment(segment: Segment, options: VerifySegmentOptions = {}): Promise<SegmentReport> {
  for await (const _ of verifiedRuns(segment, options));
  return { entries: segment.end.point.number - segment.header.start.number, blocks: segment.blocks.targets.length }
}

/** Nothing is before the beginning of a stream. */
function checkStart({ header: { identity, start } }: Segment, sha256: Sha256): void {
  if (start.number === 0n && !samePoint(start, DigestChain.atStart(identity, sha256).point())) {
    throw new SegmentError('WRONG_DIGEST', 'start of the stream is not that of such a stream', 8, 'verify')
  }
}

function checkThrough(chain: DigestChain, through: StreamPoint): void {
  if (samePoint(chain.point(), through)) return
  const message = `the stream file's entries before ${through.number} are others than those of the archive`
  throw new ChainError('TARGET_DIFFERS', message)
}

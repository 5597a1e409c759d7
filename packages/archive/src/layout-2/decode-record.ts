import { RECORD_HEADER_BYTES } from '@datastreamer/e2store'
import { ENTRY_HEAD_BYTES, viewOf } from '@datastreamer/format'
import type { Generation } from '@datastreamer/sequencer-entries'
import { faultOfFrame } from '../codecs/zstd-frame.ts'
import { SegmentError } from '../errors.ts'
import { countEntries, type EntryRun, MAX_RUN_BYTES } from '../segment/entry-run.ts'
import { SegmentRecordType } from '../segment/record-type.ts'
import { BOUNDARY_BYTES, LEAST_RECORD_BYTES, MAX_RECORD_BYTES, RECORD_FIELDS_BYTES } from './limits.ts'
import { checkPath, checkPieceHeader, type ExpectedPiece } from './piece.ts'
import { pathBytes } from './pieces.ts'
import { decodeRecordHead, type RecordHead } from './record-head.ts'

/** What is known of a record before it is read: where it stands, and what its row says. */
export interface ExpectedRecord extends ExpectedPiece {
  /** Number of its first entry. */
  readonly first: bigint
  readonly entries: number
}

/** A StreamRecord that was read. */
export interface DecodedRecord extends EntryRun {
  readonly encoding: Generation | undefined
  /** Of the batch that is open before the first entry; 0 if none is, or it is not known. */
  readonly forkId: bigint
  /** `total length` of a stream that ends before the first entry. */
  readonly streamPosition: number
}

/**
 * Decode a StreamRecord, and check that it is the one of the segment with that root. Its entries are fresh memory.
 *
 * @param bytes all of the record, header included
 * @throws {SegmentError} `BAD_RECORD`, `WRONG_DIGEST`, `BAD_ENTRIES`
 * @see docs/spec/archive.md §7.1
 */
export async function decodeRecord(bytes: Uint8Array, expected: ExpectedRecord): Promise<DecodedRecord> {
  const { index, pieces, position, step = 'read', codecs, first, entries } = expected
  const bad = (what: string, cause?: unknown): SegmentError =>
    new SegmentError('BAD_RECORD', what, position, step, { cause })
  if (bytes.length < LEAST_RECORD_BYTES || bytes.length > MAX_RECORD_BYTES) {
    throw bad(`record of ${bytes.length} bytes, expected ${LEAST_RECORD_BYTES} to ${MAX_RECORD_BYTES}`)
  }
  checkPieceHeader(bytes, SegmentRecordType.StreamRecord, expected)
  const pathAt = RECORD_HEADER_BYTES + RECORD_FIELDS_BYTES
  const frameAt = pathAt + pathBytes(index, pieces)
  const fields = bytes.subarray(RECORD_HEADER_BYTES, pathAt)
  const frame = bytes.subarray(frameAt)
  await checkPath([fields, frame], bytes.subarray(pathAt, frameAt), expected)
  const head = decodeRecordHead(fields)
  if (typeof head === 'string') throw bad(head)
  if (head.first !== first || head.count !== entries) {
    throw bad(`record of ${head.count} entries from ${head.first} on, expected ${entries} from ${first} on`)
  }
  const size = contentBytes(head)
  if (size === undefined) throw bad(`record of ${head.bytes} bytes of entries and ${head.boundaries} boundaries`)
  const fault = faultOfFrame(frame, size)
  if (fault !== undefined) throw bad(fault)
  const content = await decompress(() => codecs.zstd.decompress(frame, size), bad)
  const runAt = BOUNDARY_BYTES * head.boundaries
  const run = content.subarray(runAt)
  const { count } = countEntries(run, position, step, first)
  if (count !== entries) throw bad(`${count} entries, expected ${entries}`)
  const boundaries = takeBoundaries(content, head)
  if (boundaries === undefined) throw bad(`operation boundaries that do not rise from 1 to ${count}`)
  const { encoding, forkId, streamPosition } = head
  return { first, count, bytes: run, position, boundaries, encoding, forkId, streamPosition }
}

/** Bytes of the content of a record; `undefined` if no record is like that. */
function contentBytes({ count, bytes, boundaries }: RecordHead): number | undefined {
  const isPossible = bytes <= MAX_RUN_BYTES && count >= 1 && ENTRY_HEAD_BYTES * count <= bytes && boundaries <= count
  return isPossible ? BOUNDARY_BYTES * boundaries + bytes : undefined
}

async function decompress(
  run: () => Uint8Array | Promise<Uint8Array>,
  bad: (what: string, cause: unknown) => SegmentError,
): Promise<Uint8Array> {
  try {
    return await run()
  } catch (error) {
    throw bad(`zstd frame that cannot be read: ${error instanceof Error ? error.message : error}`, error)
  }
}

function takeBoundaries(content: Uint8Array, { boundaries, count }: RecordHead): number[] | undefined {
  const view = viewOf(content)
  const taken: number[] = []
  let before = 0
  for (let i = 0; i < boundaries; i++) {
    const next = view.getUint32(BOUNDARY_BYTES * i, true)
    if (next <= before || next > count) return undefined
    taken.push(next)
    before = next
  }
  return taken
}

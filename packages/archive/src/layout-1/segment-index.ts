import { type ByteSource, encodeRecordHeader, RECORD_HEADER_BYTES, readRecordHeader } from '@datastreamer/e2store'
import { viewOf } from '@datastreamer/format'
import { SegmentError } from '../errors.ts'
import { SegmentRecordType } from '../segment/record-type.ts'
import { MAX_BLOCKS } from './limits.ts'

/** Bytes of the record's data without its rows. */
const FIXED_BYTES = 16

/** Which records hold consecutive L2 blocks. docs/spec/archive.md §2.4. */
export interface SegmentIndex {
  /** Where the record begins. */
  readonly position: number
  /** Number of the first block; 0 if there is none. */
  readonly first: bigint
  /** For each block, where the record begins that holds it. */
  readonly targets: readonly number[]
}

/**
 * Encode a StreamBlocks record, little-endian: `first block u64 | offsets i64[] from the record's start | rows u64`.
 *
 * @see docs/spec/archive.md §2.4
 */
export function encodeSegmentIndex({ position, first, targets }: SegmentIndex): Uint8Array {
  const length = FIXED_BYTES + 8 * targets.length
  const out = new Uint8Array(RECORD_HEADER_BYTES + length)
  const view = viewOf(out)
  out.set(encodeRecordHeader(SegmentRecordType.StreamBlocks, length))
  view.setBigUint64(8, first, true)
  for (const [i, target] of targets.entries()) view.setBigInt64(16 + 8 * i, BigInt(target - position), true)
  view.setBigUint64(out.length - 8, BigInt(targets.length), true)
  return out
}

/**
 * Read the index that a segment ends with, found from its last eight bytes.
 *
 * @param from where the records of entries begin
 * @throws {SegmentError} `BAD_INDEX`
 * @see docs/spec/archive.md §2.4
 */
export async function readSegmentIndex(source: ByteSource, from: number): Promise<SegmentIndex> {
  const { size } = source
  const bad = (what: string, at: number): SegmentError => new SegmentError('BAD_INDEX', what, at, 'open')
  const room = size - from - RECORD_HEADER_BYTES - FIXED_BYTES
  if (room < 0) throw bad(`${size - from} bytes cannot hold an index of blocks`, from)
  const count = viewOf(await source.read(size - 8, 8)).getBigUint64(0, true)
  const most = Math.min(MAX_BLOCKS, Math.floor(room / 8))
  if (count > BigInt(most)) throw bad(`index of ${count} blocks, expected 0 to ${most}`, size - 8)
  const rows = Number(count)
  const position = size - RECORD_HEADER_BYTES - FIXED_BYTES - 8 * rows
  const header = await readRecordHeader(source, position, { step: 'open' })
  if (header.type !== SegmentRecordType.StreamBlocks || header.end !== size) {
    throw bad(`no index of ${rows} blocks`, position)
  }
  const view = viewOf(await source.read(position + RECORD_HEADER_BYTES, FIXED_BYTES - 8 + 8 * rows))
  const first = view.getBigUint64(0, true)
  if (first + count > 1n << 64n || (rows === 0 && first !== 0n)) {
    throw bad(`index of ${rows} blocks from ${first} on`, position)
  }
  const targets = Array.from({ length: rows }, (_, i) => {
    const target = BigInt(position) + view.getBigInt64(8 + 8 * i, true)
    const field = position + RECORD_HEADER_BYTES + 8 + 8 * i
    if (target >= BigInt(from) && target < BigInt(position)) return Number(target)
    throw bad(`block ${first + BigInt(i)} at ${target}, expected ${from} to ${position - 1}`, field)
  })
  return { position, first, targets }
}

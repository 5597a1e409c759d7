import { HEADER_PAGE_BYTES, viewOf } from '@datastreamer/format'
import { MAX_RECORDS } from '../layout-2/limits.ts'
import type { RecordRow, SegmentBlocks } from '../layout-2/stream-index.ts'
import type { IdentityFields } from '../segment/header.ts'
import type { StreamPoint } from '../segment/point.ts'
import { EPOCH_BYTES, LEAF_VERSION, LeafKind, ROW_BYTES, SEGMENT_BYTES } from './encode-leaf.ts'
import { HistoryError } from './history-error.ts'
import type { EpochLeaf, Leaf, SegmentLeaf } from './leaf.ts'

/**
 * Decode the leaf at an index of the log. Its digests borrow the memory of `bytes`.
 *
 * @throws {HistoryError} `BAD_LEAF` for anything but the one encoding of a possible leaf
 * @see docs/spec/history.md §3
 */
export function decodeLeaf(bytes: Uint8Array, index: number): Leaf {
  const view = viewOf(bytes)
  const bad: Bad = (what) => new HistoryError('BAD_LEAF', `leaf ${index}: ${what}`)
  if (bytes.length < EPOCH_BYTES) throw bad(`${bytes.length} bytes, expected ${EPOCH_BYTES} at least`)
  const [version, kind] = bytes
  if (version !== LEAF_VERSION) throw bad(`version ${version}, expected ${LEAF_VERSION}`)
  if (view.getUint16(2) !== 0) throw bad('bytes 2 and 3 are not 0')
  const epoch = view.getUint32(4, true)
  if (kind === LeafKind.epoch) return decodeEpoch(bytes, view, epoch, bad)
  if (kind === LeafKind.segment) return decodeSegment(bytes, view, epoch, bad)
  throw bad(`kind ${kind}, expected ${LeafKind.segment} or ${LeafKind.epoch}`)
}

type Bad = (what: string) => HistoryError

function decodeEpoch(bytes: Uint8Array, view: DataView, epoch: number, bad: Bad): EpochLeaf {
  if (bytes.length !== EPOCH_BYTES) throw bad(`${bytes.length} bytes, expected ${EPOCH_BYTES}`)
  const generation = bytes[56]
  if (generation !== 1 && generation !== 2 && generation !== 3) throw bad(`generation ${generation}, expected 1 to 3`)
  if (view.getUint32(58) !== 0 || view.getUint16(62) !== 0) throw bad('bytes 58 to 63 are not 0')
  const identity: IdentityFields = {
    generation,
    version: view.getUint8(57),
    systemId: view.getBigUint64(64, true),
    streamType: view.getBigUint64(72, true),
  }
  if (generation !== 3 && (identity.version !== 0 || identity.systemId !== 0n)) {
    throw bad(`version and system id, which a header of generation ${generation} does not have`)
  }
  return { kind: 'epoch', epoch, start: pointAt(bytes, view, { number: 8, position: 16, digest: 24 }, bad), identity }
}

function decodeSegment(bytes: Uint8Array, view: DataView, epoch: number, bad: Bad): SegmentLeaf {
  if (bytes.length < SEGMENT_BYTES) throw bad(`${bytes.length} bytes, expected ${SEGMENT_BYTES} at least`)
  const count = view.getUint32(188, true)
  if (count < 1 || count > MAX_RECORDS) throw bad(`${count} records, expected 1 to ${MAX_RECORDS}`)
  const expected = SEGMENT_BYTES + ROW_BYTES * count
  if (bytes.length !== expected) throw bad(`${bytes.length} bytes, expected ${expected} with ${count} records`)
  const start = pointAt(bytes, view, { number: 8, position: 24, digest: 80 }, bad)
  const end = pointAt(bytes, view, { number: 16, position: 32, digest: 112 }, bad)
  if (end.number <= start.number) throw bad(`entries from ${start.number} to before ${end.number}`)
  if (end.position <= start.position) throw bad(`positions from ${start.position} to before ${end.position}`)
  const records = Array.from({ length: count }, (_, i) => rowAt(view, SEGMENT_BYTES + ROW_BYTES * i))
  const leaf: SegmentLeaf = {
    ...{ kind: 'segment', epoch, start, end, records },
    bytes: safe(view.getBigUint64(40, true), 'a file', bad),
    sha256: bytes.subarray(48, 80),
    root: bytes.subarray(144, 176),
    blocks: blocksAt(view, bad),
  }
  checkRows(leaf, bad)
  return leaf
}

function blocksAt(view: DataView, bad: Bad): SegmentBlocks {
  const blocks = {
    first: view.getBigUint64(176, true),
    count: view.getUint32(184, true),
    firstBatch: view.getBigUint64(192, true),
    lastBatch: view.getBigUint64(200, true),
    firstTime: view.getBigUint64(208, true),
    lastTime: view.getBigUint64(216, true),
  }
  const { count, first, ...others } = blocks
  if (count === 0 && (first !== 0n || Object.values(others).some((value) => value !== 0n))) {
    throw bad('numbers of blocks, batches or times without a block')
  }
  if (first + BigInt(count) > 1n << 64n) throw bad(`${count} blocks from ${first} on`)
  return blocks
}

/** Rows say what the leaf says in all. */
function checkRows({ start, end, blocks, records }: SegmentLeaf, bad: Bad): void {
  let [entries, count] = [0, 0]
  for (const row of records) {
    if (row.entries === 0) throw bad('a record without entries')
    entries += row.entries
    count += row.blocks
  }
  if (BigInt(entries) !== end.number - start.number) {
    throw bad(`records of ${entries} entries, expected ${end.number - start.number}`)
  }
  if (count !== blocks.count) throw bad(`records of ${count} blocks, expected ${blocks.count}`)
}

function rowAt(view: DataView, at: number): RecordRow {
  return {
    bytes: view.getUint32(at, true),
    entries: view.getUint32(at + 4, true),
    blocks: view.getUint32(at + 8, true),
  }
}

interface PointOffsets {
  readonly number: number
  readonly position: number
  readonly digest: number
}

function pointAt(bytes: Uint8Array, view: DataView, at: PointOffsets, bad: Bad): StreamPoint {
  const position = safe(view.getBigUint64(at.position, true), 'a stream', bad)
  if (position < HEADER_PAGE_BYTES) throw bad(`position ${position}, expected ${HEADER_PAGE_BYTES} at least`)
  return { number: view.getBigUint64(at.number, true), position, digest: bytes.subarray(at.digest, at.digest + 32) }
}

function safe(value: bigint, what: string, bad: Bad): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw bad(`${what} of ${value} bytes, more than a file can have`)
  return Number(value)
}

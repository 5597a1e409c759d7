import { concatBytes, viewOf } from '@datastreamer/format'
import { TILE_WIDTH } from '../tlog/tile-path.ts'
import { HistoryError } from './history-error.ts'
import type { Leaf } from './leaf.ts'

export const NO_NUMBER: bigint = 0xffff_ffff_ffff_ffffn

const VERSION = 1
const HEAD_BYTES = 16
const ROW_BYTES = 64
const HASH_BYTES = 32
/** A tree has no more levels. */
const MAX_PATH = 63

/** The lowest numbers among the leaves of a bundle; {@link NO_NUMBER} where it has none. */
export interface LowestNumbers {
  readonly entry: bigint
  readonly block: bigint
  readonly batch: bigint
  /** Of first blocks, in seconds. */
  readonly time: bigint
}

export interface LookupRow extends LowestNumbers {
  /** Root of the bundle's leaves. */
  readonly hash: Uint8Array
}

/** Where to find entries, blocks, batches and times in a history of more than a bundle. docs/spec/history.md §5. */
export interface Lookup {
  /** Of all bundles. */
  readonly rows: readonly LookupRow[]
  /** Hashes of the leaves in the last bundle. */
  readonly edge: readonly Uint8Array[]
  /** Leaf 0, and its inclusion proof. */
  readonly first: { readonly leaf: Uint8Array; readonly proof: readonly Uint8Array[] }
  readonly last: Uint8Array
}

/** The lowest numbers among leaves. */
export function lowestOf(leaves: readonly Leaf[]): LowestNumbers {
  let lowest: LowestNumbers = { entry: NO_NUMBER, block: NO_NUMBER, batch: NO_NUMBER, time: NO_NUMBER }
  for (const leaf of leaves) {
    const entry = lower(lowest.entry, leaf.start.number)
    lowest = { ...lowest, entry }
    if (leaf.kind === 'epoch' || leaf.blocks.count === 0) continue
    const { first, firstBatch, firstTime } = leaf.blocks
    lowest = {
      entry,
      block: lower(lowest.block, first),
      batch: lower(lowest.batch, firstBatch),
      time: lower(lowest.time, firstTime),
    }
  }
  return lowest
}

function lower(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

/** Encode a lookup. @see docs/spec/history.md §5 */
export function encodeLookup({ rows, edge, first, last }: Lookup): Uint8Array {
  const head = new Uint8Array(HEAD_BYTES)
  head[0] = VERSION
  viewOf(head).setUint32(4, rows.length, true)
  viewOf(head).setUint32(8, edge.length, true)
  const proof = [Uint8Array.of(first.proof.length), ...first.proof]
  return concatBytes([head, ...rows.map(encodeRow), ...edge, ...sized(first.leaf), ...proof, ...sized(last)])
}

function encodeRow({ hash, entry, block, batch, time }: LookupRow): Uint8Array {
  const out = new Uint8Array(ROW_BYTES)
  const view = viewOf(out)
  out.set(hash)
  for (const [i, value] of [entry, block, batch, time].entries()) view.setBigUint64(HASH_BYTES + 8 * i, value, true)
  return out
}

function sized(bytes: Uint8Array): readonly Uint8Array[] {
  const length = new Uint8Array(2)
  viewOf(length).setUint16(0, bytes.length)
  return [length, bytes]
}

/**
 * Decode the lookup of a log of `size` leaves. Nothing in it is verified. Borrows the memory of `bytes`.
 *
 * @throws {HistoryError} `WRONG_CONTENT`
 * @see docs/spec/history.md §5
 */
export function decodeLookup(bytes: Uint8Array, size: number, key: string): Lookup {
  const view = viewOf(bytes)
  const bad = (what: string): HistoryError => new HistoryError('WRONG_CONTENT', `${key}: ${what}`, { key })
  let at = 0
  const take = (length: number): Uint8Array => {
    if (bytes.length - at < length) throw bad(`${bytes.length} bytes, expected more`)
    at += length
    return bytes.subarray(at - length, at)
  }
  const head = viewOf(take(HEAD_BYTES))
  const [rows, edge] = [head.getUint32(4, true), head.getUint32(8, true)]
  if (head.getUint32(0) !== VERSION << 24 || head.getUint32(12) !== 0) throw bad('no lookup of version 1')
  const expected = Math.ceil(size / TILE_WIDTH)
  if (rows !== expected || edge !== size - TILE_WIDTH * (expected - 1)) {
    throw bad(`${rows} bundles and ${edge} leaves, which ${size} leaves do not make`)
  }
  const takeSized = (): Uint8Array => take(viewOf(take(2)).getUint16(0))
  const decoded = {
    rows: Array.from({ length: rows }, () => decodeRow(take(ROW_BYTES))),
    edge: Array.from({ length: edge }, () => take(HASH_BYTES)),
    first: { leaf: takeSized(), proof: takeProof(take, bad) },
    last: takeSized(),
  }
  if (at !== view.byteLength) throw bad(`${view.byteLength - at} bytes after its end`)
  return decoded
}

function takeProof(take: (length: number) => Uint8Array, bad: (what: string) => HistoryError): Uint8Array[] {
  const length = take(1)[0] ?? 0
  if (length > MAX_PATH) throw bad(`a proof of ${length} hashes, expected ${MAX_PATH} at most`)
  return Array.from({ length }, () => take(HASH_BYTES))
}

function decodeRow(bytes: Uint8Array): LookupRow {
  const view = viewOf(bytes)
  const [entry, block, batch, time] = [32, 40, 48, 56].map((at) => view.getBigUint64(at, true))
  return {
    hash: bytes.subarray(0, HASH_BYTES),
    entry: entry ?? 0n,
    block: block ?? 0n,
    batch: batch ?? 0n,
    time: time ?? 0n,
  }
}

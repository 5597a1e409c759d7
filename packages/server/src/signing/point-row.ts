import { crc32 } from 'node:zlib'
import { type DigestSignature, invariant, pageOf, viewOf } from '@datastreamer/format'
import type { SignedPoint } from '../tcp/known-signatures.ts'

/** Keys that may vouch for a stream at a time: one that is being replaced, and its successor. */
export const MAX_SIGNATURES = 2

const HEAD_BYTES = 56
const SIGNATURE_BYTES = 76
/** Bytes of a row. */
export const ROW_BYTES: number = HEAD_BYTES + MAX_SIGNATURES * SIGNATURE_BYTES

/**
 * Encode a point: big-endian `crc32 u32 of all else | signatures u8, 0 to 2 | ends page u8 | zero 2 | next entry u64 |
 * position u64 | digest u8[32]`, then twice `time u64 | key u32 | signature u8[64]`, zero where there is none.
 */
export function encodeRow({ number, position, digest, signatures, endsPage }: SignedPoint): Uint8Array {
  invariant(signatures.length <= MAX_SIGNATURES, `${signatures.length} signatures`)
  const out = new Uint8Array(ROW_BYTES)
  const view = viewOf(out)
  view.setUint8(4, signatures.length)
  view.setUint8(5, endsPage ? 1 : 0)
  view.setBigUint64(8, BigInt(number))
  view.setBigUint64(16, BigInt(position))
  out.set(digest, 24)
  let at = HEAD_BYTES
  for (const { time, keyId, bytes } of signatures) {
    view.setBigUint64(at, time)
    view.setUint32(at + 8, keyId)
    out.set(bytes, at + 12)
    at += SIGNATURE_BYTES
  }
  view.setUint32(0, crc32(out.subarray(4)))
  return out
}

/** Decode a row that {@link encodeRow} made; `undefined` if it is none. */
export function decodeRow(row: Uint8Array): SignedPoint | undefined {
  const view = viewOf(row)
  if (row.length !== ROW_BYTES || view.getUint32(0) !== crc32(row.subarray(4))) return undefined
  const signatures: DigestSignature[] = []
  for (let i = 0; i < view.getUint8(4); i++) {
    const at = HEAD_BYTES + i * SIGNATURE_BYTES
    const bytes = row.slice(at + 12, at + SIGNATURE_BYTES)
    signatures.push({ time: view.getBigUint64(at), keyId: view.getUint32(at + 8), bytes })
  }
  const [number, position] = [Number(view.getBigUint64(8)), Number(view.getBigUint64(16))]
  return { number, position, digest: row.slice(24, HEAD_BYTES), signatures, endsPage: view.getUint8(5) === 1 }
}

/** The page that a point ends, or lies in. */
export function pageOfPoint({ position }: Pick<SignedPoint, 'position'>): number {
  return Math.max(0, pageOf(position - 1))
}

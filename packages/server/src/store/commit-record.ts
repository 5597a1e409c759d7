import { crc32 } from 'node:zlib'
import { viewOf } from '@datastreamer/format'
import type { CommitPoint } from '../log/commit-point.ts'

/** One commit in the commit log. docs/spec/commit-log.md §3. */
export interface CommitRecord extends CommitPoint {
  /** CRC-32 of the bytes since the record before, or 0 if they are not vouched for: another program wrote them. */
  readonly checksum: number
}

/** Bytes of a record. */
export const RECORD_BYTES = 24

/** Encode a record: big-endian `totalLength u64 | totalEntries u64 | checksum u32 | crc32 of the 20 bytes before u32`. */
export function encodeRecord({ totalLength, totalEntries, checksum }: CommitRecord): Uint8Array {
  const out = new Uint8Array(RECORD_BYTES)
  const view = viewOf(out)
  view.setBigUint64(0, BigInt(totalLength))
  view.setBigUint64(8, totalEntries)
  view.setUint32(16, checksum)
  view.setUint32(20, crc32(out.subarray(0, 20)))
  return out
}

/** Decode the record at byte `at`, or `undefined` if it is not whole. */
export function decodeRecord(bytes: Uint8Array, at = 0): CommitRecord | undefined {
  if (bytes.length - at < RECORD_BYTES) return undefined
  const view = viewOf(bytes)
  if (view.getUint32(at + 20) !== crc32(bytes.subarray(at, at + 20))) return undefined
  return {
    totalLength: Number(view.getBigUint64(at)),
    totalEntries: view.getBigUint64(at + 8),
    checksum: view.getUint32(at + 16),
  }
}

/** A checksum as it stands in a record, where 0 means that there is none. */
export function storedChecksum(crc: number): number {
  return crc === 0 ? 0xffff_ffff : crc
}

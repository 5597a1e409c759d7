import { crc32 } from 'node:zlib'
import { invariant, viewOf } from '@datastreamer/format'
import { type CommitPoint, samePoint } from '../log/commit-point.ts'

/** A record of the commit log, for the bytes of a commit group in one page. docs/spec/commit-log.md §3. */
export interface CommitRecord extends CommitPoint {
  /** CRC-32 of the bytes since the previous record, or 0 if it is unknown: another program wrote them. */
  readonly checksum: number
  /** Whether an atomic operation is known to end here; otherwise the commit group goes on in the next page. */
  readonly endsOperation: boolean
  /** Whether another program wrote the bytes: operations may end anywhere in them. */
  readonly isForeign: boolean
  /** Whether the bytes are known not to be those that were committed. */
  readonly isDamaged: boolean
}

/** Bytes of a record. */
export const RECORD_BYTES = 24
/** Offset of the bytes of a record that may change later; these 8 bytes are in one sector, so that no crash tears them. */
export const RECORD_TAIL_OFFSET = 16

const GOES_ON = 1n << 63n
const FOREIGN = 1n << 62n
const ENTRIES: bigint = FOREIGN - 1n

/**
 * Encode a record: big-endian `totalLength u64 | flags and totalEntries u64 | checksum u32 | crc32 of the 20 bytes before
 * u32`, the last with all its bits inverted if the bytes are known to be damaged.
 */
export function encodeRecord(record: CommitRecord): Uint8Array {
  const { totalLength, totalEntries, checksum, endsOperation, isForeign, isDamaged } = record
  const out = new Uint8Array(RECORD_BYTES)
  const view = viewOf(out)
  view.setBigUint64(0, BigInt(totalLength))
  view.setBigUint64(8, totalEntries | (endsOperation ? 0n : GOES_ON) | (isForeign ? FOREIGN : 0n))
  view.setUint32(16, checksum)
  const crc = crc32(out.subarray(0, 20))
  view.setUint32(20, isDamaged ? ~crc >>> 0 : crc)
  return out
}

/** Encode records, one after the other. */
export function encodeRecords(records: readonly CommitRecord[]): Uint8Array {
  const out = new Uint8Array(records.length * RECORD_BYTES)
  for (const [i, record] of records.entries()) out.set(encodeRecord(record), i * RECORD_BYTES)
  return out
}

/** Decode the record at byte `at`, or `undefined` if it is invalid. */
export function decodeRecord(bytes: Uint8Array, at = 0): CommitRecord | undefined {
  if (bytes.length - at < RECORD_BYTES) return undefined
  const view = viewOf(bytes)
  const crc = crc32(bytes.subarray(at, at + 20))
  const isDamaged = view.getUint32(at + 20) === ~crc >>> 0
  if (!isDamaged && view.getUint32(at + 20) !== crc) return undefined
  const counted = view.getBigUint64(at + 8)
  const checksum = view.getUint32(at + 16)
  return {
    totalLength: Number(view.getBigUint64(at)),
    totalEntries: counted & ENTRIES,
    checksum,
    endsOperation: (counted & GOES_ON) === 0n,
    isForeign: (counted & FOREIGN) !== 0n || checksum === 0,
    isDamaged,
  }
}

/** Whether two records have the same end, checksum and damage mark. */
export function sameRecord(a: CommitRecord, b: CommitRecord): boolean {
  return samePoint(a, b) && a.checksum === b.checksum && a.isDamaged === b.isDamaged
}

/** A checksum as it is stored in a record, where 0 means that it is unknown. */
export function storedChecksum(crc: number): number {
  return crc === 0 ? 0xffff_ffff : crc
}

/** @throws {InternalError} if a record ends before its predecessor */
export function mustFollow(last: CommitRecord | undefined, records: readonly CommitRecord[]): void {
  let before = last?.totalLength ?? 0
  for (const { totalLength } of records) {
    invariant(
      totalLength >= before,
      `a record of the commit log ends at ${totalLength}, the one before it at ${before}`,
    )
    before = totalLength
  }
}

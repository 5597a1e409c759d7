import { viewOf } from '@datastreamer/format'
import { SegmentError } from '../errors.ts'

export const DIGEST_BYTES = 32
/** Bytes of an encoded {@link StreamPoint}. */
export const POINT_BYTES = 48

/** A point between two entries of a stream. docs/spec/archive.md §2. */
export interface StreamPoint {
  /** Number of the next entry. */
  readonly number: bigint
  /** `totalLength` of a stream that ends there. */
  readonly position: number
  /** Over the identity and all entries before it. docs/spec/archive.md §3. */
  readonly digest: Uint8Array
}

/** Encode a point into 48 bytes at `at`, little-endian: `next entry u64 | position u64 | digest 32`. */
export function putPoint(out: Uint8Array, at: number, { number, position, digest }: StreamPoint): void {
  const view = viewOf(out)
  view.setBigUint64(at, number, true)
  view.setBigUint64(at + 8, BigInt(position), true)
  out.set(digest, at + 16)
}

/**
 * Decode the point at byte `at` of the record that begins at `position` in its file.
 *
 * @throws {SegmentError} `BAD_HEADER`
 */
export function takePoint(data: Uint8Array, at: number, position: number): StreamPoint {
  const view = viewOf(data)
  const length = view.getBigUint64(at + 8, true)
  if (length > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new SegmentError('BAD_HEADER', `stream of ${length} bytes, more than a file can have`, position, 'open')
  }
  return {
    number: view.getBigUint64(at, true),
    position: Number(length),
    digest: data.slice(at + 16, at + 16 + DIGEST_BYTES),
  }
}

/** Whether two points are the same, with the same entries before them. */
export function samePoint(a: StreamPoint, b: StreamPoint): boolean {
  return a.number === b.number && a.position === b.position && sameBytes(a.digest, b.digest)
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

/** Lower-case hex. */
export function hexOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

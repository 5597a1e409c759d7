import { DIGEST_BYTES, POINT_BYTES, putPoint, type StreamPoint, takePoint } from '../segment/point.ts'

export const END_BYTES: number = POINT_BYTES + DIGEST_BYTES

/** How a segment ends. */
export interface SegmentEnd {
  readonly point: StreamPoint
  /** SHA-256 of all bytes of the file before it. */
  readonly checksum: Uint8Array
}

/** Encode the data of a StreamEnd record up to its checksum: `next entry u64 | position u64 | digest 32`. */
export function encodeEnd(point: StreamPoint): Uint8Array {
  const out = new Uint8Array(POINT_BYTES)
  putPoint(out, 0, point)
  return out
}

/** Decode the data, {@link END_BYTES} long, of the StreamEnd record that begins at `position`. @throws {SegmentError} */
export function decodeEnd(data: Uint8Array, position: number): SegmentEnd {
  return { point: takePoint(data, 0, position), checksum: data.slice(POINT_BYTES) }
}

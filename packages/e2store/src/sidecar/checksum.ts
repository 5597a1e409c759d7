import { E2FormatError } from '../errors.ts'
import { putU32, u32 } from '../io/little-endian.ts'
import { viewOf } from '../io/view.ts'
import { crc32c } from '../snappy/crc32c.ts'
import { CRC_BYTES } from './layout.ts'

/** What bytes of a sidecar are: checksums are bound to it, so that other bytes of a sidecar do not pass for them. */
export interface Bound {
  /** Checksum of the header. */
  readonly header: number
  /** See `Region`. */
  readonly region: number
  /** Which bucket or bitmap. */
  readonly number: number
}

/** CRC-32C of `bytes[0, end)`, bound to what they are. */
function boundCrc(bytes: Uint8Array, end: number, { header, region, number }: Bound): number {
  const tag = new Uint8Array(12)
  putU32(tag, 0, header)
  putU32(tag, 4, region)
  putU32(tag, 8, number)
  return (crc32c(viewOf(bytes), 0, end) ^ crc32c(viewOf(tag))) >>> 0
}

/** Write the checksum of all bytes before it at the end of `bytes`. */
export function sealBytes(bytes: Uint8Array, bound: Bound): void {
  const end = bytes.length - CRC_BYTES
  putU32(bytes, end, boundCrc(bytes, end, bound))
}

/**
 * Bytes without the checksum that they end with.
 *
 * @throws {E2FormatError} `BAD_CHECKSUM`
 */
export function unsealBytes(bytes: Uint8Array, bound: Bound, position: number): Uint8Array {
  const end = bytes.length - CRC_BYTES
  if (u32(bytes, end) === boundCrc(bytes, end, bound)) return bytes.subarray(0, end)
  throw new E2FormatError('BAD_CHECKSUM', `wrong checksum of ${bytes.length} bytes`, position, 'read')
}

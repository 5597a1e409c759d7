import { concatBytes } from '../io/bytes.ts'
import { putU32 } from '../io/little-endian.ts'
import { viewOf } from '../io/view.ts'
import { portableSnappy, type SnappyCodec } from './codec.ts'
import { maskCrc } from './crc32c.ts'
import { MAX_CHUNK_BYTES, STREAM_IDENTIFIER } from './framed.ts'

export interface FramedEncodeOptions {
  readonly codec?: SnappyCodec
}

/**
 * Compress bytes to a framed stream.
 *
 * A chunk is stored uncompressed unless compression saves more than an eighth, as in the Rust encoder.
 *
 * @see docs/spec/e2store.md §4
 */
export function snappyFramedEncode(
  bytes: Uint8Array,
  { codec = portableSnappy }: FramedEncodeOptions = {},
): Uint8Array {
  const parts: Uint8Array[] = [STREAM_IDENTIFIER]
  for (let from = 0; from < bytes.length; from += MAX_CHUNK_BYTES) {
    const chunk = bytes.subarray(from, from + MAX_CHUNK_BYTES)
    const compressed = codec.compress(chunk)
    const worthwhile = compressed.length < chunk.length - Math.floor(chunk.length / 8)
    const body = worthwhile ? compressed : chunk
    const head = new Uint8Array(8)
    putU32(head, 0, ((body.length + 4) << 8) | (worthwhile ? 0 : 1))
    putU32(head, 4, maskCrc(codec.crc32c(viewOf(chunk), 0, chunk.length)))
    parts.push(head, body)
  }
  return concatBytes(parts)
}

import { zstdDecompressSync } from 'node:zlib'
import { concat } from '@datastreamer/store/testing'

/** What came of a stream, with what is in compressed packets in their place. */
export interface Unpacked {
  /** Streamed entries and operation boundaries, as they would have come otherwise. */
  readonly plain: Uint8Array
  /** Compressed packets. */
  readonly compressed: number
  /** Bytes at the end that are no whole packet. */
  readonly rest: Uint8Array
}

/** Packets of any type; those that are compressed are replaced by what is in them. */
export function unpack(bytes: Uint8Array): Unpacked {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const parts: Uint8Array[] = []
  let at = 0
  let compressed = 0
  while (at + 9 <= bytes.length && at + view.getUint32(at + 1) <= bytes.length) {
    const packet = bytes.subarray(at, at + view.getUint32(at + 1))
    if (packet[0] === 4) {
      compressed++
      const size = view.getUint32(at + 5)
      const content = zstdDecompressSync(packet.subarray(9), { maxOutputLength: size })
      if (content.length !== size) throw new Error(`${content.length} bytes in a packet of ${size}`)
      parts.push(content)
    } else {
      parts.push(packet)
    }
    at += packet.length
  }
  return { plain: concat(parts), compressed, rest: bytes.subarray(at) }
}

import { zstdDecompressSync } from 'node:zlib'
import { concat } from '@datastreamer/store/testing'
import type { RawClient } from './tcp-client.ts'

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

/**
 * What comes of a stream until so many bytes of packets came, compressed or not.
 *
 * @throws if more came, or a part of a packet
 */
export async function receive(client: RawClient, bytes: number): Promise<Pick<Unpacked, 'plain' | 'compressed'>> {
  const parts: Uint8Array[] = []
  let [got, compressed, rest] = [0, 0, new Uint8Array()]
  while (got < bytes) {
    const found = unpack(concat([rest, await client.readAny()]))
    parts.push(found.plain)
    got += found.plain.length
    compressed += found.compressed
    rest = Uint8Array.from(found.rest)
  }
  if (rest.length > 0) throw new Error(`${rest.length} bytes of another packet`)
  return { plain: concat(parts), compressed }
}

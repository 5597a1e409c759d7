import { concatBytes, viewOf } from '@datastreamer/format'
import type { ZstdEncoder } from '../../src/codecs/zstd.ts'

/** Most bytes of a block (RFC 8878 §3.1.1.2.4). */
const MAX_BLOCK_BYTES = 131_072

/**
 * Puts content into zstd frames as it is, in blocks of so many bytes: quick, and with another number it is as a compressor of
 * another version.
 */
export function storedZstd(blockBytes: number = MAX_BLOCK_BYTES): ZstdEncoder {
  return { compress: async (content) => storedFrame(content, blockBytes) }
}

function storedFrame(content: Uint8Array, blockBytes: number): Uint8Array {
  const head = new Uint8Array(9)
  viewOf(head).setUint32(0, 0xfd2fb528, true)
  // A single segment, its size in four bytes.
  head[4] = 0xa0
  viewOf(head).setUint32(5, content.length, true)
  const blocks: Uint8Array[] = []
  for (let at = 0; at < content.length; at += blockBytes) {
    const block = content.subarray(at, at + blockBytes)
    const isLast = at + blockBytes >= content.length
    const fields = (block.length << 3) | (isLast ? 1 : 0)
    blocks.push(Uint8Array.of(fields & 0xff, (fields >> 8) & 0xff, fields >> 16), block)
  }
  return concatBytes([head, ...blocks])
}

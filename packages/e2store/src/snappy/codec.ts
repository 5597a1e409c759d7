import { decompressBlock } from './block.ts'
import { compressBlock } from './compress.ts'
import { crc32c } from './crc32c.ts'

/** The three operations that the framing needs. All are synchronous: chunks are small. */
export interface SnappyCodec {
  readonly name: string
  /**
   * Decompress the raw block `input[start, end)` into `output[at, at + size)`.
   *
   * @returns whether the block is well-formed and gives exactly `size` bytes
   */
  decompress(input: DataView, start: number, end: number, output: DataView, at: number, size: number): boolean
  /** Compress to a raw block. */
  compress(input: Uint8Array): Uint8Array
  /** CRC-32C of `bytes[start, end)`, unmasked. */
  crc32c(bytes: DataView, start: number, end: number): number
}

/** The codec without native code, for every platform. */
export const portableSnappy: SnappyCodec = {
  name: 'portable',
  decompress: decompressBlock,
  compress: compressBlock,
  crc32c,
}

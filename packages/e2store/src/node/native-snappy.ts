import type { uncompressSync } from 'snappy'
import { portableSnappy, type SnappyCodec } from '../snappy/codec.ts'

/** Below these sizes a call into native code costs more than it saves. */
const NATIVE_BLOCK_BYTES = 16_384
const NATIVE_CRC_BYTES = 1024

/**
 * A codec that uses the npm packages `snappy` and `@node-rs/crc32` for large chunks where they are installed, and
 * portable code for everything else, which is faster for small chunks. Compression is portable: it gives the same bytes.
 *
 * @returns the portable codec if neither package can be loaded
 */
export async function nativeSnappy(): Promise<SnappyCodec> {
  const snappy = await import('snappy').catch(() => undefined)
  const crc = await import('@node-rs/crc32').catch(() => undefined)
  if (!snappy && !crc) return portableSnappy
  return {
    name: [snappy && 'snappy', crc && '@node-rs/crc32'].filter(Boolean).join(' + '),
    compress: portableSnappy.compress,
    decompress(input, start, end, output, at, size) {
      if (!snappy || size < NATIVE_BLOCK_BYTES) return portableSnappy.decompress(input, start, end, output, at, size)
      return decompressNative(snappy, bytesOf(input, start, end), bytesOf(output, at, at + size))
    },
    crc32c(bytes, start, end) {
      if (!crc || end - start < NATIVE_CRC_BYTES) return portableSnappy.crc32c(bytes, start, end)
      return crc.crc32c(bytesOf(bytes, start, end))
    },
  }
}

function bytesOf(view: DataView, start: number, end: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + start, end - start)
}

function decompressNative(
  snappy: { readonly uncompressSync: typeof uncompressSync },
  block: Uint8Array,
  output: Uint8Array,
): boolean {
  try {
    const plain = snappy.uncompressSync(block, { asBuffer: true })
    if (!(plain instanceof Uint8Array) || plain.length !== output.length) return false
    output.set(plain)
    return true
  } catch {
    return false
  }
}

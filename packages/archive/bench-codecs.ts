import zlib from 'node:zlib'
import type { Codecs } from './src/codecs/codecs.ts'
import { nodeCodecs } from './src/node.ts'
export const asyncZstd = {
  decompress: (frame: Uint8Array, size: number) =>
    new Promise<Uint8Array>((resolve, reject) =>
      zlib.zstdDecompress(frame, { maxOutputLength: size, chunkSize: Math.max(size, 64) }, (e, b) =>
        e ? reject(e) : resolve(b),
      ),
    ),
}
const subtle = {
  ...nodeCodecs.sha256,
  large: (b: Uint8Array) =>
    crypto.subtle.digest('SHA-256', b as Uint8Array<ArrayBuffer>).then((x) => new Uint8Array(x)),
}
export const variants: Record<string, Codecs> = {
  sync: nodeCodecs,
  zstd: { ...nodeCodecs, zstd: asyncZstd },
  sha: { ...nodeCodecs, sha256: subtle },
  both: { sha256: subtle, zstd: asyncZstd },
}

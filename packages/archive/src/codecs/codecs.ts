import { portableSha256, type Sha256 } from '../sha256.ts'
import { portableZstd } from './portable-zstd.ts'
import type { ZstdDecoder } from './zstd.ts'

/** What reading segments computes with, by whatever the platform does fastest. */
export interface Codecs {
  readonly sha256: Sha256
  readonly zstd: ZstdDecoder
}

/** For every platform. `nodeCodecs` of `@datastreamer/archive/node` are several times as fast. */
export const portableCodecs: Codecs = { sha256: portableSha256, zstd: portableZstd }

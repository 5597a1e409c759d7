import type { Codecs } from '../codecs/codecs.ts'
import { nodeSha256 } from './node-sha256.ts'
import { nodeZstd } from './node-zstd.ts'

/** By Node's own code. */
export const nodeCodecs: Codecs = { sha256: nodeSha256, zstd: nodeZstd }

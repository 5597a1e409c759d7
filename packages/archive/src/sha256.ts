import type { IncrementalHash } from '@datastreamer/e2store/execution'
import { sha256 } from '@noble/hashes/sha2.js'

/** SHA-256, by whatever computes it fastest. */
export interface Sha256 {
  /** The digest of `bytes`: 32 fresh bytes. */
  digest(bytes: Uint8Array): Uint8Array
  create(): IncrementalHash
}

/** For every platform. `nodeSha256` of `@datastreamer/archive/node` is several times as fast. */
export const portableSha256: Sha256 = { digest: sha256, create: () => sha256.create() }

import type { IncrementalHash } from '@datastreamer/e2store/execution'
import { sha256 } from '@noble/hashes/sha2.js'

/** SHA-256, by whatever computes it fastest. */
export interface Sha256 {
  /** The digest of `bytes`: 32 fresh bytes. */
  digest(bytes: Uint8Array): Uint8Array
  /** As `digest`, of many bytes, which must not change meanwhile: where that is faster, without blocking. */
  large(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>
  create(): IncrementalHash
}

/** What a browser has of WebCrypto, in secure contexts. */
interface Subtle {
  digest(algorithm: 'SHA-256', bytes: Uint8Array): Promise<ArrayBuffer>
}

/** For every platform. `nodeSha256` of `@datastreamer/archive/node` is several times as fast. */
export const portableSha256: Sha256 = {
  digest: sha256,
  large: (bytes) => {
    const { crypto } = globalThis as { readonly crypto?: { readonly subtle?: Subtle } }
    const digest = crypto?.subtle?.digest('SHA-256', bytes)
    return digest === undefined ? sha256(bytes) : digest.then((buffer) => new Uint8Array(buffer))
  },
  create: () => sha256.create(),
}

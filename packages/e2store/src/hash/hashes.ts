import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import { keccak_256 as nobleKeccak256 } from '@noble/hashes/sha3.js'
import { wasmKeccak256Pair } from './keccak-pair-wasm.ts'
import { wasmKeccak256 } from './keccak-wasm.ts'
import { wasmSha256Pairs } from './sha256-pairs-wasm.ts'
import { wasmSha256 } from './sha256-wasm.ts'

/** The hash functions that verifying block archives needs; digests are 32 fresh bytes. */
export interface Hashes {
  readonly keccak256: (data: Uint8Array) => Uint8Array
  readonly sha256: (data: Uint8Array) => Uint8Array
  /** `keccak256` of two messages at once, where that is faster. */
  readonly keccak256Pair?: (a: Uint8Array, b: Uint8Array) => readonly [Uint8Array, Uint8Array]
  /** `sha256` of each 64 bytes of `pairs`, digests in order in `out`, where that is faster. */
  readonly sha256Pairs?: (pairs: Uint8Array, out: Uint8Array) => void
}

/** Without WebAssembly, for every platform. */
export const portableHashes: Hashes = { keccak256: nobleKeccak256, sha256: nobleSha256 }

let fastest: Hashes | undefined

/** The fastest hashes of this platform: WebAssembly where it is allowed, otherwise {@link portableHashes}. */
export function defaultHashes(): Hashes {
  fastest ??= assembled()
  return fastest
}

function assembled(): Hashes {
  const keccak256 = wasmKeccak256() ?? portableHashes.keccak256
  const keccak256Pair = wasmKeccak256Pair(keccak256)
  const sha256Pairs = wasmSha256Pairs()
  return {
    keccak256,
    sha256: wasmSha256() ?? portableHashes.sha256,
    ...(keccak256Pair && { keccak256Pair }),
    ...(sha256Pairs && { sha256Pairs }),
  }
}

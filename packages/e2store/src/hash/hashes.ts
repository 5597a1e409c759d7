import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import { keccak_256 as nobleKeccak256 } from '@noble/hashes/sha3.js'
import { wasmKeccak256Pair } from './keccak-pair-wasm.ts'
import { wasmKeccak256 } from './keccak-wasm.ts'
import { wasmSha256Pairs } from './sha256-pairs-wasm.ts'
import { wasmSha256 } from './sha256-wasm.ts'

/** The hash functions that checking block archives needs; digests are 32 fresh bytes. */
export interface Hashes {
  readonly keccak256: (data: Uint8Array) => Uint8Array
  readonly sha256: (data: Uint8Array) => Uint8Array
  /** `keccak256` of two messages: faster where it is given. */
  readonly keccak256Pair?: (a: Uint8Array, b: Uint8Array) => readonly [Uint8Array, Uint8Array]
  /** `sha256` of each 64 bytes of `pairs`, one digest behind the other in `out`: faster where it is given. */
  readonly sha256Pairs?: (pairs: Uint8Array, out: Uint8Array) => void
}

/** Plain code, for every platform. */
export const portableHashes: Hashes = { keccak256: nobleKeccak256, sha256: nobleSha256 }

let fastest: Hashes | undefined

/** The fastest hashes of this platform: machine code where WebAssembly may run, plain code elsewhere. */
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

import { hashPair } from '../accumulator/merkle.ts'
import { defaultHashes } from '../hash/hashes.ts'
import { SetupError } from './beacon-ssz.ts'

/** Checks a BLS signature by the scheme of the beacon chain: public key 48 bytes, message 32, signature 96. */
export type VerifySignature = (
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
) => boolean | Promise<boolean>

const SUITE = 'BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_'

/**
 * BLS signatures by `@noble/curves`.
 *
 * @throws {SetupError} `NOT_INSTALLED`
 */
export async function nobleBls(): Promise<VerifySignature> {
  const { bls12_381 } = await import('@noble/curves/bls12-381.js').catch((cause: unknown): never => {
    throw new SetupError('NOT_INSTALLED', 'install @noble/curves to check signatures', { cause })
  })
  const bls = bls12_381.longSignatures
  return (publicKey, message, signature) => {
    try {
      return bls.verify(signature, bls.hash(message, SUITE), publicKey)
    } catch {
      // Not a point of the curve.
      return false
    }
  }
}

/**
 * What a block's proposer signs: the block's root with the domain of proposers in a fork of a network.
 *
 * @param version four bytes of the fork
 * @see docs/spec/e2store.md §7.3
 */
export function proposerSigningRoot(
  blockRoot: Uint8Array,
  version: Uint8Array,
  genesisValidatorsRoot: Uint8Array,
): Uint8Array {
  const { sha256 } = defaultHashes()
  const paddedVersion = new Uint8Array(32)
  paddedVersion.set(version)
  const domain = new Uint8Array(32)
  domain.set(hashPair(paddedVersion, genesisValidatorsRoot, sha256).subarray(0, 28), 4)
  return hashPair(blockRoot, domain, sha256)
}

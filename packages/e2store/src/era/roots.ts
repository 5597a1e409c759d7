import { hashPair, merkleLevels } from '../accumulator/merkle.ts'
import { defaultHashes } from '../hash/hashes.ts'
import type { StateHead } from './beacon-layout.ts'

/** Root of a vector of 32-byte roots, of which there are a power of two. */
function vectorRoot(roots: Uint8Array): Uint8Array {
  const depth = Math.log2(roots.length / 32)
  return merkleLevels(roots, depth, defaultHashes())[depth] as Uint8Array
}

/**
 * The root that names an era: of the genesis validators for era 0, otherwise of the roots of its blocks and states, as
 * in `historical_roots` and in the hash of a historical summary.
 *
 * @see docs/spec/e2store.md §7.4
 */
export function eraRoot(era: bigint, head: StateHead): Uint8Array {
  if (era === 0n) return head.genesisValidatorsRoot
  return hashPair(vectorRoot(head.blockRoots), vectorRoot(head.stateRoots), defaultHashes().sha256)
}

/** hash_tree_root of a beacon block header from its 112 serialized bytes. */
export function blockHeaderRoot(header: Uint8Array): Uint8Array {
  const leaves = new Uint8Array(8 * 32)
  leaves.set(header.subarray(0, 8), 0)
  leaves.set(header.subarray(8, 16), 32)
  leaves.set(header.subarray(16, 112), 64)
  return vectorRoot(leaves)
}

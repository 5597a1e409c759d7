import { hashTreeRoot } from '../ssz/root.ts'
import { bytes, list } from '../ssz/type.ts'

const ACCUMULATORS = list(bytes(32), 2 ** 17)
const HISTORICAL_ROOTS = list(bytes(32), 2 ** 24)

/**
 * The root over the accumulators of all files of a chain before its merge (32 bytes each, joined, in the order of the
 * files), as the Portal Network publishes it.
 *
 * @throws {E2FormatError} `BAD_SSZ`: not whole roots
 * @see docs/spec/e2store-execution.md §14
 */
export function accumulatorsRoot(accumulators: Uint8Array): Uint8Array {
  return hashTreeRoot(ACCUMULATORS, accumulators, 0)
}

/** hash_tree_root of the list of historical roots of a beacon state (32 bytes each, joined). Throws as above. */
export function historicalRootsRoot(roots: Uint8Array): Uint8Array {
  return hashTreeRoot(HISTORICAL_ROOTS, roots, 0)
}

import { VerificationError } from '@datastreamer/e2store'
import {
  accumulatorProofRoot,
  type BlockHeader,
  type BlockProof,
  beaconProofRoot,
  defaultHashes,
  type HistoryRoots,
  proofTypeOf,
} from '@datastreamer/e2store/execution'
import { equalBytes, hexOf } from './bytes.ts'
import { ERA_LENGTH, eraOf } from './era.ts'
import type { KnownLists } from './known-lists.ts'
import type { TrustLevel } from './trust.ts'

/** What proofs are compared with. */
export interface ProofRoots {
  /** The accumulator that is trusted. */
  readonly trusted: Uint8Array | undefined
  /** The accumulator that the file states. */
  readonly stated: Uint8Array | undefined
  readonly historyRoots: HistoryRoots | undefined
  /** What is public knowledge: a block that leads there is trusted, one that leads elsewhere is not. */
  readonly known: KnownLists
}

/** What following a proof gave. */
export interface ProofResult {
  /** `undefined` if it must be compared with the proofs of other blocks of the file. */
  readonly level: TrustLevel | undefined
  /** Before the merge: the accumulator that it leads to. */
  readonly accumulator?: Uint8Array
}

/** Pairs of nodes, as proofs are followed. */
function hashPair(left: Uint8Array, right: Uint8Array): Uint8Array {
  const pair = new Uint8Array(64)
  pair.set(left)
  pair.set(right, 32)
  return defaultHashes().sha256(pair)
}

/**
 * Follow the proof of a block, and compare where it leads.
 *
 * @param hash of the header
 * @throws {VerificationError} `WRONG_PROOF`
 * @see docs/spec/e2store-execution.md §6
 */
export function followProof(
  header: BlockHeader,
  hash: Uint8Array,
  { type, ssz }: BlockProof,
  position: number,
  { trusted, stated, historyRoots, known }: ProofRoots,
): ProofResult {
  const wrong = (message: string): VerificationError =>
    new VerificationError('WRONG_PROOF', `proof of block ${header.number} ${message}`, position)
  const expectedType = proofTypeOf(header)
  if (type !== expectedType) throw wrong(`has type ${type}, expected ${expectedType}`)
  if (type === 0) {
    const root = accumulatorProofRoot(ssz, hash, Number(header.number % ERA_LENGTH), hashPair)
    for (const expected of [trusted, stated]) {
      if (expected !== undefined && !equalBytes(root, expected)) {
        throw wrong(`leads to ${hexOf(root)}, expected ${hexOf(expected)}`)
      }
    }
    const isKnown = isEqual(root, known.accumulator(eraOf(header.number)))
    if (trusted !== undefined || isKnown) return { level: 'trusted', accumulator: root }
    return { level: stated === undefined ? undefined : 'consistent', accumulator: root }
  }
  const found = beaconProofRoot({ type, ssz }, hash, hashPair)
  if (found === undefined) throw wrong('does not lead to its beacon block')
  const expected = historyRoots?.(found.slot, type)
  if (expected === undefined) {
    const isKnown = type === 1 && isEqual(found.historyRoot, known.historicalRoot(eraOf(found.slot)))
    return { level: isKnown ? 'trusted' : 'consistent' }
  }
  if (!equalBytes(expected, found.historyRoot)) {
    throw wrong(`leads to ${hexOf(found.historyRoot)}, expected ${hexOf(expected)}`)
  }
  return { level: 'trusted' }
}

function isEqual(root: Uint8Array, known: Uint8Array | undefined): boolean {
  return known !== undefined && equalBytes(root, known)
}

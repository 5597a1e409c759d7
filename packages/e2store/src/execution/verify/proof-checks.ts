import type { PairHash } from '../../accumulator/merkle.ts'
import { VerificationError } from '../../errors.ts'
import type { Hashes } from '../../hash/hashes.ts'
import { equalBytes, toHex } from '../../io/bytes.ts'
import type { BlockHeader } from '../blocks/header.ts'
import { accumulatorProofRoot, type BlockProof, beaconProofRoot, type ProofType, proofTypeOf } from '../blocks/proof.ts'

/** Finds the trusted root over an era of beacon blocks. A proof for which it returns `undefined` is rejected. */
export type HistoryRoots = (slot: bigint, type: Exclude<ProofType, 0>) => Uint8Array | undefined

/** A root over 8192 slots of the beacon chain that proofs in the file lead to. */
export interface HistoryRoot {
  /** Slot / 8192. */
  readonly era: bigint
  readonly root: Uint8Array
  /** Whether it was compared with a root from {@link HistoryRoots}. */
  readonly trusted: boolean
}

const BLOCKS = 8192n

/**
 * Checks the proofs of a file, block by block. All proofs before the merge must lead to one accumulator, all later ones of
 * the same era of the beacon chain to one root.
 *
 * @see docs/spec/e2store-execution.md §6
 */
export class ProofCheck {
  readonly #hash: PairHash
  readonly #known: HistoryRoots | undefined
  readonly #roots = new Map<bigint, HistoryRoot>()
  #accumulator: Uint8Array | undefined
  #lastSlot = -1n

  /** @param accumulator that of the file */
  constructor(hashes: Hashes, accumulator?: Uint8Array, known?: HistoryRoots) {
    this.#hash = cachePairs(hashes.sha256)
    this.#accumulator = accumulator
    this.#known = known
  }

  /** The accumulator that the proofs before the merge lead to. */
  get accumulator(): Uint8Array | undefined {
    return this.#accumulator
  }

  get historyRoots(): HistoryRoot[] {
    return [...this.#roots.values()]
  }

  /** @throws {VerificationError} `WRONG_PROOF` */
  add(header: BlockHeader, hash: Uint8Array, proof: BlockProof, position: number): void {
    const wrong = (message: string): VerificationError =>
      new VerificationError('WRONG_PROOF', `proof of block ${header.number} ${message}`, position)
    const expected = proofTypeOf(header)
    if (proof.type !== expected) throw wrong(`has type ${proof.type}, expected ${expected}`)
    if (proof.type === 0) {
      const root = accumulatorProofRoot(proof.ssz, hash, Number(header.number % BLOCKS), this.#hash)
      this.#accumulator ??= root
      if (!equalBytes(root, this.#accumulator)) {
        throw wrong(`leads to ${toHex(root)}, expected ${toHex(this.#accumulator)}`)
      }
      return
    }
    const { type, ssz } = proof
    const found = beaconProofRoot({ type, ssz }, hash, this.#hash)
    if (found === undefined) throw wrong('does not lead to its beacon block')
    if (found.slot <= this.#lastSlot) throw wrong(`has slot ${found.slot}, the block before it ${this.#lastSlot}`)
    this.#lastSlot = found.slot
    const root = this.#rootOf(found.slot, type, found.historyRoot)
    if (root === undefined) throw wrong(`is of slot ${found.slot}, for which no root is known`)
    if (!equalBytes(root, found.historyRoot)) {
      throw wrong(`leads to ${toHex(found.historyRoot)}, expected ${toHex(root)}`)
    }
  }

  /** The root that proofs of this slot must lead to: the trusted one, or the first found if there are no trusted roots. */
  #rootOf(slot: bigint, type: Exclude<ProofType, 0>, found: Uint8Array): Uint8Array | undefined {
    const era = slot / BLOCKS
    const known = this.#roots.get(era)
    if (known !== undefined) return known.root
    const root = this.#known === undefined ? found : this.#known(slot, type)
    if (root !== undefined) this.#roots.set(era, { era, root, trusted: this.#known !== undefined })
    return root
  }
}

/**
 * Hashes pairs of nodes, caching the last pair of each level: proofs of consecutive blocks share most of their nodes, so
 * that most are hashed once a file instead of once a proof.
 */
function cachePairs(sha256: Hashes['sha256']): PairHash {
  const pairs: Uint8Array[] = []
  const outputs: Uint8Array[] = []
  return (left, right, level) => {
    const last = pairs[level]
    const output = outputs[level]
    if (last !== undefined && output !== undefined && startsWith(last, left, 0) && startsWith(last, right, 32)) {
      return output
    }
    const pair = new Uint8Array(64)
    pair.set(left)
    pair.set(right, 32)
    pairs[level] = pair
    const hashed = sha256(pair)
    outputs[level] = hashed
    return hashed
  }
}

function startsWith(pair: Uint8Array, node: Uint8Array, at: number): boolean {
  for (let i = 0; i < 32; i++) if (pair[at + i] !== node[i]) return false
  return true
}

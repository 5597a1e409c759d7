import { branchRoot, type PairHash } from '../../accumulator/merkle.ts'
import { E2FormatError } from '../../errors.ts'
import { equalBytes } from '../../io/bytes.ts'
import { putU64, u64 } from '../../io/little-endian.ts'
import { encodeRlp } from '../../rlp/encode.ts'
import { type RlpOrigin, readList } from '../../rlp/reader.ts'
import { type BlockHeader, isPostMerge } from './header.ts'

/** Proof types: before the merge, and from Bellatrix, Capella, Deneb and Gloas on. */
export type ProofType = 0 | 1 | 2 | 3 | 4

/** A proof that a block is part of the chain: SSZ bytes in the layout of the type. */
export interface BlockProof {
  readonly type: ProofType
  readonly ssz: Uint8Array
}

/** The content of the SSZ of a proof from the merge on. */
export interface BeaconProof {
  /** From the beacon block's root up to the root over an era of blocks. */
  readonly historyBranch: readonly Uint8Array[]
  readonly beaconBlockRoot: Uint8Array
  /** From the execution block's hash up to the beacon block's root. */
  readonly blockBranch: readonly Uint8Array[]
  readonly slot: bigint
}

interface BeaconLayout {
  readonly history: number
  readonly block: number
  /** Index of the execution block's hash among the leaves `block` levels below the beacon block's root. */
  readonly leaf: number
}

const ACCUMULATOR_PROOF_BYTES = 15 * 32
const SLOTS_PER_ERA = 8192n
/**
 * Header, body and payload are trees of depth 3, 4 and 4 (5 from Deneb); body is field 4, payload 9, hash 12. From Gloas on
 * the hash is in the bid of the next beacon block, as that of its parent.
 */
const LAYOUTS: Readonly<Record<Exclude<ProofType, 0>, BeaconLayout>> = {
  1: { history: 14, block: 11, leaf: ((4 << 4) | 9) * 16 + 12 },
  2: { history: 13, block: 11, leaf: ((4 << 4) | 9) * 16 + 12 },
  3: { history: 13, block: 12, leaf: ((4 << 4) | 9) * 32 + 12 },
  4: { history: 13, block: 14, leaf: 9000 },
}

/** Bytes of the SSZ of a proof of this type. */
export function proofBytes(type: ProofType): number {
  if (type === 0) return ACCUMULATOR_PROOF_BYTES
  const { history, block } = LAYOUTS[type]
  return 32 * (history + 1 + block) + 8
}

/** The type of the proof of a block with this header. */
export function proofTypeOf(header: BlockHeader): ProofType {
  if (!isPostMerge(header)) return 0
  if (header.withdrawalsRoot === undefined) return 1
  if (header.blobGasUsed === undefined) return 2
  return header.blockAccessListHash === undefined ? 3 : 4
}

/**
 * Decode the content of a Proof record: RLP of `[type, ssz]`. `ssz` borrows it.
 *
 * @throws {E2FormatError} `BAD_RLP`, or `BAD_SSZ` for an unknown type or a wrong length
 * @see docs/spec/e2store-execution.md §6
 */
export function decodeProof(rlp: Uint8Array, origin: RlpOrigin = { what: 'proof', position: 0 }): BlockProof {
  return readList(rlp, origin, (items) => {
    const type = items.count('type')
    const ssz = items.string('proof')
    if (!isProofType(type)) {
      throw new E2FormatError('BAD_SSZ', `proof of unknown type ${type}`, origin.position, 'read')
    }
    checkProofLength(type, ssz, origin.position)
    return { type, ssz }
  })
}

function isProofType(type: number): type is ProofType {
  return type === 0 || type in LAYOUTS
}

/** Encode the content of a Proof record. */
export function encodeProof({ type, ssz }: BlockProof): Uint8Array {
  return encodeRlp([type, ssz])
}

/** Throw unless the SSZ has the length of its type. */
export function checkProofLength(type: ProofType, ssz: Uint8Array, position: number): void {
  if (ssz.length !== proofBytes(type)) {
    const message = `proof of type ${type} has ${ssz.length} bytes, expected ${proofBytes(type)}`
    throw new E2FormatError('BAD_SSZ', message, position, 'read')
  }
}

/** The accumulator that a proof of type 0 leads to, for the block with this hash at `index` in its file. */
export function accumulatorProofRoot(
  ssz: Uint8Array,
  blockHash: Uint8Array,
  index: number,
  hash: PairHash,
): Uint8Array {
  const nodes = splitNodes(ssz, 0, 15)
  const leaf = hash(blockHash, nodes[0] as Uint8Array, 0)
  const tree = branchRoot(leaf, nodes.slice(1, 14), index, hash, 1)
  return hash(tree, nodes[14] as Uint8Array, 14)
}

/** The parts of a proof from the merge on; they borrow its bytes. */
export function splitBeaconProof({ type, ssz }: BlockProof & { readonly type: Exclude<ProofType, 0> }): BeaconProof {
  const { history, block } = LAYOUTS[type]
  return {
    historyBranch: splitNodes(ssz, 0, history),
    beaconBlockRoot: ssz.subarray(32 * history, 32 * (history + 1)),
    blockBranch: splitNodes(ssz, 32 * (history + 1), block),
    slot: u64(ssz, ssz.length - 8),
  }
}

/** Join the parts of a proof from the merge on. */
export function joinBeaconProof(type: Exclude<ProofType, 0>, proof: BeaconProof): BlockProof {
  const ssz = new Uint8Array(proofBytes(type))
  let at = 0
  for (const node of [...proof.historyBranch, proof.beaconBlockRoot, ...proof.blockBranch]) {
    ssz.set(node, at)
    at += 32
  }
  putU64(ssz, at, proof.slot)
  return { type, ssz }
}

/**
 * Follow a proof from the merge on, from the block's hash upwards.
 *
 * @returns the root over an era of beacon blocks that it leads to (a historical root for type 1, a
 * `block_summary_root` for later types) and the slot; `undefined` if the hash does not lead to the beacon block
 * @see docs/spec/e2store-execution.md §6
 */
export function beaconProofRoot(
  proof: BlockProof & { readonly type: Exclude<ProofType, 0> },
  blockHash: Uint8Array,
  hash: PairHash,
): { readonly slot: bigint; readonly historyRoot: Uint8Array } | undefined {
  const { historyBranch, beaconBlockRoot, blockBranch, slot } = splitBeaconProof(proof)
  const root = branchRoot(blockHash, blockBranch, LAYOUTS[proof.type].leaf, hash)
  if (!equalBytes(root, beaconBlockRoot)) return undefined
  const index = Number(slot % SLOTS_PER_ERA)
  return { slot, historyRoot: branchRoot(beaconBlockRoot, historyBranch, index, hash, blockBranch.length) }
}

function splitNodes(bytes: Uint8Array, from: number, count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => bytes.subarray(from + 32 * i, from + 32 * (i + 1)))
}

import type { Hashes } from '../hash/hashes.ts'
import { hashPair, merkleLevels, uint256Bytes, zeroRoots } from './merkle.ts'

/** Blocks that one accumulator covers at most. */
const MAX_ACCUMULATOR_BLOCKS = 8192
const DEPTH = 13

/**
 * Collects `{block hash, total difficulty}` of the blocks of a file before the merge and gives
 * `hash_tree_root(List[HeaderRecord, 8192])`, which names the file, and the proofs that blocks are part of it.
 *
 * @see docs/spec/e2store-execution.md §5
 */
export class HeaderAccumulator {
  readonly #sha256: Hashes['sha256']
  #leaves: Uint8Array = new Uint8Array(64 * 32)
  #difficulties: Uint8Array = new Uint8Array(64 * 32)
  #count = 0

  constructor({ sha256 }: Hashes) {
    this.#sha256 = sha256
  }

  get count(): number {
    return this.#count
  }

  /**
   * Add the next block: its 32-byte hash, and its total difficulty as a number or as 32 bytes little-endian.
   *
   * @throws {RangeError} behind 8192 blocks
   */
  add(blockHash: Uint8Array, totalDifficulty: bigint | Uint8Array): void {
    if (this.#count === MAX_ACCUMULATOR_BLOCKS) throw new RangeError('an accumulator covers at most 8192 blocks')
    const difficulty = typeof totalDifficulty === 'bigint' ? uint256Bytes(totalDifficulty) : totalDifficulty
    const at = 32 * this.#count
    if (at === this.#leaves.length) {
      this.#leaves = grow(this.#leaves)
      this.#difficulties = grow(this.#difficulties)
    }
    this.#difficulties.set(difficulty, at)
    this.#leaves.set(hashPair(blockHash, difficulty, this.#sha256), at)
    this.#count++
  }

  /** The root over the first `count` blocks added (default: all), 32 bytes. */
  root(count: number = this.#count): Uint8Array {
    const top = this.#levels(count)[DEPTH] as Uint8Array
    const tree = top.length > 0 ? top : (zeroRoots(DEPTH, this.#sha256)[DEPTH] as Uint8Array)
    return hashPair(tree, uint256Bytes(BigInt(count)), this.#sha256)
  }

  /**
   * The proofs of all blocks added so far, in their order: 15 nodes of 32 bytes, joined.
   *
   * The nodes are the block's total difficulty, its 13 siblings from the leaves up, and the number of blocks.
   */
  *proofs(): Generator<Uint8Array, void, void> {
    const levels = this.#levels(this.#count)
    const zeros = zeroRoots(DEPTH, this.#sha256)
    const length = uint256Bytes(BigInt(this.#count))
    for (let i = 0; i < this.#count; i++) {
      const proof = new Uint8Array(15 * 32)
      proof.set(this.#difficulties.subarray(32 * i, 32 * i + 32))
      for (let d = 0; d < DEPTH; d++) {
        const sibling = ((i >> d) ^ 1) * 32
        const level = levels[d] as Uint8Array
        const node = sibling < level.length ? level.subarray(sibling, sibling + 32) : (zeros[d] as Uint8Array)
        proof.set(node, 32 * (d + 1))
      }
      proof.set(length, 14 * 32)
      yield proof
    }
  }

  #levels(count: number): Uint8Array[] {
    return merkleLevels(this.#leaves.subarray(0, 32 * Math.min(count, this.#count)), DEPTH, this.#sha256)
  }
}

function grow(bytes: Uint8Array): Uint8Array {
  const grown = new Uint8Array(2 * bytes.length)
  grown.set(bytes)
  return grown
}

import type { Hashes } from '../hash/hashes.ts'
import { grow } from '../io/bytes.ts'
import { hashPair, hashPairs, merkleLevels, uint256Bytes, zeroRoots } from './merkle.ts'

/** Largest number of blocks in an accumulator. */
const MAX_ACCUMULATOR_BLOCKS = 8192
const DEPTH = 13
const RECORD_BYTES = 64

/**
 * Collects `{block hash, total difficulty}` of the blocks of a file before the merge and gives
 * `hash_tree_root(List[HeaderRecord, 8192])`, which names the file, and the proofs that blocks are part of it.
 *
 * @see docs/spec/e2store-execution.md §5
 */
export class HeaderAccumulator {
  readonly #hashes: Hashes
  /** For each block its hash and its total difficulty, 32 bytes each. */
  #records: Uint8Array = new Uint8Array(64 * RECORD_BYTES)
  #count = 0

  constructor(hashes: Hashes) {
    this.#hashes = hashes
  }

  get count(): number {
    return this.#count
  }

  /**
   * Add the next block: its 32-byte hash, and its total difficulty as a number or as 32 bytes little-endian.
   *
   * @throws {RangeError} after 8192 blocks
   */
  add(blockHash: Uint8Array, totalDifficulty: bigint | Uint8Array): void {
    if (this.#count === MAX_ACCUMULATOR_BLOCKS) throw new RangeError('an accumulator covers at most 8192 blocks')
    const difficulty = typeof totalDifficulty === 'bigint' ? uint256Bytes(totalDifficulty) : totalDifficulty
    const at = RECORD_BYTES * this.#count
    if (at === this.#records.length) this.#records = grow(this.#records, at + RECORD_BYTES)
    this.#records.set(blockHash, at)
    this.#records.set(difficulty, at + 32)
    this.#count++
  }

  /** The root over the first `count` blocks added (default: all), 32 bytes. */
  root(count: number = this.#count): Uint8Array {
    const { sha256 } = this.#hashes
    const top = this.#levels(count)[DEPTH] as Uint8Array
    const tree = top.length > 0 ? top : (zeroRoots(DEPTH, sha256)[DEPTH] as Uint8Array)
    return hashPair(tree, uint256Bytes(BigInt(count)), sha256)
  }

  /**
   * The proofs of all blocks added so far, in their order: 15 nodes of 32 bytes, joined.
   *
   * The nodes are the block's total difficulty, its 13 siblings from the leaves up, and the number of blocks.
   */
  *proofs(): Generator<Uint8Array, void, void> {
    const levels = this.#levels(this.#count)
    const zeros = zeroRoots(DEPTH, this.#hashes.sha256)
    const length = uint256Bytes(BigInt(this.#count))
    for (let i = 0; i < this.#count; i++) {
      const proof = new Uint8Array(15 * 32)
      proof.set(this.#records.subarray(RECORD_BYTES * i + 32, RECORD_BYTES * (i + 1)))
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
    const records = this.#records.subarray(0, RECORD_BYTES * Math.min(count, this.#count))
    const leaves = new Uint8Array(records.length / 2)
    hashPairs(records, leaves, this.#hashes)
    return merkleLevels(leaves, DEPTH, this.#hashes)
  }
}

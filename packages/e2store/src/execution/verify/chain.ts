import { uint256Value } from '../../accumulator/merkle.ts'
import { VerificationError } from '../../errors.ts'
import { equalBytes, toHex } from '../../io/bytes.ts'
import { type HeaderLinks, isPostMerge } from '../blocks/header.ts'

export interface ChainStart {
  /** Hash of the block before the first one. */
  readonly previousHash?: Uint8Array
  /** Total difficulty of the block before the first one. */
  readonly previousTotalDifficulty?: bigint
}

/** A total difficulty in a file. */
export interface StatedDifficulty {
  /** 32 bytes, little-endian. */
  readonly bytes: Uint8Array
  readonly position: number
}

/**
 * Checks the links from block to block: parent hashes, total difficulties, and that no block before the merge follows one
 * after it.
 *
 * @see docs/spec/e2store-execution.md §11.3
 */
export class ChainCheck {
  #hash: Uint8Array | undefined
  #totalDifficulty: bigint | undefined
  #preMerge = 0
  #postMerge = 0

  constructor({ previousHash, previousTotalDifficulty }: ChainStart = {}) {
    this.#hash = previousHash
    this.#totalDifficulty = previousTotalDifficulty
  }

  /** Hash of the last block. */
  get lastHash(): Uint8Array | undefined {
    return this.#hash
  }

  /** Total difficulty of the last block, if it is in the file or follows from that of the previous block. */
  get totalDifficulty(): bigint | undefined {
    return this.#totalDifficulty
  }

  get preMergeBlocks(): number {
    return this.#preMerge
  }

  get postMergeBlocks(): number {
    return this.#postMerge
  }

  /**
   * Add the next block. In a file without blocks before the merge a total difficulty of 0 is none.
   *
   * @param position where its header is
   * @param stated its total difficulty in the file
   * @throws {VerificationError} `WRONG_PARENT`, `WRONG_DIFFICULTY`, `WRONG_ORDER`
   */
  add(header: HeaderLinks, hash: Uint8Array, position: number, stated?: StatedDifficulty): void {
    const { number, parentHash, difficulty } = header
    if (this.#hash !== undefined && !equalBytes(this.#hash, parentHash)) {
      const message = `parent of block ${number} is ${toHex(parentHash)}, the block before it has ${toHex(this.#hash)}`
      throw new VerificationError('WRONG_PARENT', message, position)
    }
    if (isPostMerge(header)) this.#postMerge++
    else if (this.#postMerge === 0) this.#preMerge++
    else throw new VerificationError('WRONG_ORDER', `block ${number} with difficulty after the merge`, position)
    this.#hash = hash
    const before = number === 0n ? 0n : this.#totalDifficulty
    const expected = before === undefined ? undefined : before + difficulty
    const isUnset = expected !== undefined && this.#preMerge === 0 && stated?.bytes.every((byte) => byte === 0)
    this.#totalDifficulty = stated === undefined || isUnset ? expected : checkStated(stated, expected, header)
  }
}

function checkStated({ bytes, position }: StatedDifficulty, expected: bigint | undefined, header: HeaderLinks): bigint {
  const { number, difficulty } = header
  const value = uint256Value(bytes)
  if (expected === undefined ? value < difficulty : value !== expected) {
    const wanted = expected ?? `at least ${difficulty}`
    const why = isPostMerge(header) ? ', as of the last block before the merge' : ''
    const message = `total difficulty of block ${number} is ${value}, expected ${wanted}${why}`
    throw new VerificationError('WRONG_DIFFICULTY', message, position)
  }
  return value
}

import { VerificationError } from '@datastreamer/e2store'
import {
  type BlockArchive,
  type BlockHeader,
  decodeHeader,
  decodeTotalDifficulty,
  defaultHashes,
  HeaderAccumulator,
  headerRlpOf,
  isPostMerge,
} from '@datastreamer/e2store/execution'
import { equalBytes, hexOf } from './bytes.ts'
import { nextTurn } from './next-turn.ts'
import type { TrustedBlock, TrustLevel } from './trust.ts'
import { checkTrustedBlock } from './trusted-blocks.ts'
import { type HeaderEnds, HeaderRecords, type VerifiedHeaders } from './verified-headers.ts'

export interface VerifyHeadersOptions {
  /** The accumulator that the file must have. */
  readonly trusted: Uint8Array | undefined
  /** The accumulator that is public knowledge: a file that has it is trusted, one that has another is not. */
  readonly known: Uint8Array | undefined
  /** Blocks whose hashes are known. */
  readonly blocks: readonly TrustedBlock[]
  /** By the name of the file: the first four bytes of the last block's hash or of an `.era1`'s accumulator, as 8 digits. */
  readonly nameId: string | undefined
}

/** Stands in names for a hash that is not known. */
const NO_ID = '00000000'
const NONE = new Uint8Array(0)
/** Headers after which others have the event loop. */
const HEADERS_A_TURN = 128

/**
 * Verify the headers of a file all at once: each is the parent of the next, total difficulties are sums, and together they
 * have the accumulator that the file states and that is trusted. What leads to no trusted root must be what the name says.
 *
 * Reads all headers; holds 24 bytes for each.
 *
 * @throws {VerificationError} `WRONG_PARENT`, `WRONG_DIFFICULTY`, `WRONG_ORDER`, `WRONG_ROOT`, `WRONG_NAME`
 * @see docs/spec/e2store-execution.md §11.3
 */
export async function verifyHeaders(archive: BlockArchive, options: VerifyHeadersOptions): Promise<VerifiedHeaders> {
  const chain = new HeaderChain(archive, options.blocks)
  let count = 0
  for await (const { header, totalDifficulty, positions } of archive.iteratePayloads({
    columns: ['header', 'totalDifficulty'],
  })) {
    const position = positions.header ?? 0
    chain.add(headerRlpOf(archive.kind, header ?? NONE, position), totalDifficulty, position)
    // What was read ahead comes without waiting.
    if (++count % HEADERS_A_TURN === 0) await nextTurn()
  }
  const level = chain.finish(options)
  return chain.records.verified(level, archive.start, chain.ends)
}

/** The headers of a file, in order. */
class HeaderChain {
  readonly records: HeaderRecords
  readonly #archive: BlockArchive
  readonly #trusted: readonly TrustedBlock[]
  readonly #blocks = new HeaderAccumulator(defaultHashes())
  #parent: Uint8Array | undefined
  #last: Uint8Array | undefined
  #totalDifficulty: bigint | undefined
  /** Blocks before the merge. */
  #covered = 0
  #count = 0
  /** Whether the total difficulties of all blocks before the merge are known. */
  #complete = true

  constructor(archive: BlockArchive, trusted: readonly TrustedBlock[]) {
    this.#archive = archive
    this.#trusted = trusted
    this.records = new HeaderRecords(archive.count)
  }

  /** How they are linked to those of other files. */
  get ends(): HeaderEnds {
    return { parentHash: this.#parent ?? NONE, lastHash: this.#last ?? NONE }
  }

  add(headerRlp: Uint8Array, stated: Uint8Array | undefined, position: number): void {
    const header = decodeHeader(headerRlp, { what: 'header', position })
    const hash = defaultHashes().keccak256(headerRlp)
    checkTrustedBlock(this.#trusted, header.number, hash, position)
    if (this.#last !== undefined && !equalBytes(header.parentHash, this.#last)) {
      const message = `parent of block ${header.number} is ${hexOf(header.parentHash)}, expected ${hexOf(this.#last)}`
      throw new VerificationError('WRONG_PARENT', message, position)
    }
    const sum = this.#sum(header, stated, position)
    if (!isPostMerge(header)) {
      if (this.#covered < this.#count) {
        throw new VerificationError('WRONG_ORDER', `block ${header.number} with difficulty after the merge`, position)
      }
      this.#covered++
    }
    if (sum === undefined) this.#complete &&= isPostMerge(header)
    else if (this.#complete) this.#blocks.add(hash, sum)
    this.records.add(hash, stated)
    // A view of the header would keep all that was read with it.
    this.#parent ??= header.parentHash.slice()
    this.#last = hash
    this.#totalDifficulty = sum
    this.#count++
  }

  /** The total difficulty of a block: as stated, which must be a sum. */
  #sum(header: BlockHeader, stated: Uint8Array | undefined, position: number): bigint | undefined {
    const before = header.number === 0n ? 0n : this.#totalDifficulty
    const expected = before === undefined ? undefined : before + header.difficulty
    if (stated === undefined) return expected
    const value = decodeTotalDifficulty(stated, position)
    if (expected === undefined ? value >= header.difficulty : value === expected) return value
    const message = `total difficulty of block ${header.number} is ${value}, expected ${expected ?? 'more'}`
    throw new VerificationError('WRONG_DIFFICULTY', message, position)
  }

  /** Compare with what the file, its name and others state. */
  finish({ trusted, known, nameId }: VerifyHeadersOptions): TrustLevel {
    const { accumulator, layout } = this.#archive
    const position = layout.accumulator?.position ?? layout.indexPosition
    let coversAll = false
    let isKnown = false
    if (this.#covered > 0 && this.#complete) {
      const { root, all } = this.#root(accumulator ?? trusted ?? known)
      coversAll = all && (accumulator ?? trusted) !== undefined
      if (all && known !== undefined && equalBytes(root, known)) isKnown = true
      for (const expected of [accumulator, trusted]) {
        if (expected === undefined || equalBytes(root, expected)) continue
        const message = `accumulator of the headers is ${hexOf(root)}, expected ${hexOf(expected)}`
        throw new VerificationError('WRONG_ROOT', message, position)
      }
    }
    const end = this.#archive.start + BigInt(this.#archive.count) - 1n
    if (isKnown || this.#trusted.some(({ number }) => number === end)) return 'trusted'
    if (coversAll && trusted !== undefined) return 'trusted'
    this.#checkName(nameId, position)
    return 'consistent'
  }

  #checkName(nameId: string | undefined, position: number): void {
    const { kind, accumulator } = this.#archive
    const [what, root] = kind === 'era1' ? ['accumulator is', accumulator] : ['last block has hash', this.#last]
    const id = hexOf((root ?? NONE).subarray(0, 4)).slice(2)
    if (nameId === undefined || nameId === NO_ID || nameId === id) return
    throw new VerificationError('WRONG_NAME', `${what} ${id}…, the name says ${nameId}`, position)
  }

  /** The accumulator of all blocks or, where a file states that, of those before the merge. */
  #root(expected: Uint8Array | undefined): { readonly root: Uint8Array; readonly all: boolean } {
    if (this.#covered === this.#count) return { root: this.#blocks.root(), all: true }
    if (this.#archive.kind === 'era1') {
      const root = this.#blocks.root()
      if (expected !== undefined && equalBytes(root, expected)) return { root, all: true }
    }
    return { root: this.#blocks.root(this.#covered), all: false }
  }
}

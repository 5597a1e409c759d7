import type { AbortLike } from '../../abort.ts'
import { HeaderAccumulator } from '../../accumulator/header-accumulator.ts'
import { ContentError, VerificationError } from '../../errors.ts'
import { defaultHashes, type Hashes } from '../../hash/hashes.ts'
import type { TypeCount } from '../../records/census.ts'
import type { BlockArchive } from '../archive/archive.ts'
import { type ArchiveIdentity, archiveIdentity, checkExecutionArchiveName } from '../archive/archive-name.ts'
import { type BlockPayloads, checkSameNumber, checkTotalDifficulty, proofByHeader } from '../archive/block.ts'
import type { Deviation } from '../archive/deviation.ts'
import { MAX_BLOCKS } from '../archive/layout.ts'
import { visitPayloads } from '../archive/visit.ts'
import { type BlockHeader, decodeHeader, decodeHeaderLinks, type HeaderLinks } from '../blocks/header.ts'
import { decodeHeaderWithProof } from '../blocks/header-with-proof.ts'
import { type BlockProof, decodeProof } from '../blocks/proof.ts'
import { compareAccumulators } from './accumulators.ts'
import { checkContents } from './block-checks.ts'
import { ChainCheck, type ChainStart, type StatedDifficulty } from './chain.ts'
import { contentDeviations } from './content-deviations.ts'
import { type HistoryRoot, type HistoryRoots, ProofCheck } from './proof-checks.ts'
import { StructureCheck } from './structure.ts'

export interface VerifyExecutionOptions extends ChainStart {
  readonly hashes?: Hashes
  /** The trusted accumulator of this file, 32 bytes. */
  readonly trustedAccumulator?: Uint8Array
  /** Trusted roots over eras of the beacon chain. */
  readonly historyRoots?: HistoryRoots
  /** The file's name, without its folder, to compare with the content. */
  readonly name?: string
  readonly signal?: AbortLike
  /** Called repeatedly with the number of blocks checked. */
  readonly onProgress?: (progress: { readonly blocks: number; readonly totalBlocks: number }) => void
}

export interface ExecutionReport {
  readonly identity: ArchiveIdentity
  readonly start: bigint
  readonly count: number
  readonly preMergeBlocks: number
  readonly transactions: number
  readonly receipts: number
  /** Blocks that have uncles. */
  readonly blocksWithUncles: number
  readonly withdrawals: number
  /** Hash of the last block, 32 bytes. */
  readonly lastHash: Uint8Array
  /** Of the last block, if it can be determined. */
  readonly totalDifficulty?: bigint
  /** Computed from the blocks; equal to the file's, if the file has one. */
  readonly accumulator?: Uint8Array
  /** Roots that proofs from the merge on lead to. */
  readonly historyRoots: readonly HistoryRoot[]
  /** Whether everything was compared with trusted roots. If not, the file is only consistent in itself. */
  readonly trusted: boolean
  /** Records of unknown types. */
  readonly unknown: readonly TypeCount[]
  readonly deviations: readonly Deviation[]
}

const BLOCKS_BETWEEN_PROGRESS = 256

/**
 * Verify an archive: that it is well-formed, that its blocks are a chain, that bodies and receipts are those of the
 * headers, and that accumulator and proofs match.
 *
 * @throws {VerificationError} the file is not what it claims to be, with the position
 * @throws {E2FormatError} the bytes break the format
 * @see docs/spec/e2store-execution.md §11
 */
export async function verifyArchive(
  archive: BlockArchive,
  options: VerifyExecutionOptions = {},
): Promise<ExecutionReport> {
  const { hashes = defaultHashes(), name, signal, onProgress } = options
  signal?.throwIfAborted()
  const structure = new StructureCheck(archive)
  try {
    const run = new Run(archive, hashes, options)
    let done = 0
    let reported = 0
    const visit = (blocks: readonly BlockPayloads[]): void => {
      run.add(blocks)
      done += blocks.length
      if (done - reported >= BLOCKS_BETWEEN_PROGRESS) {
        reported = done
        signal?.throwIfAborted()
        onProgress?.({ blocks: done, totalBlocks: archive.count })
      }
    }
    await visitPayloads(archive, { before: (row) => structure.before(row), visit })
    const unknown = await structure.finish()
    onProgress?.({ blocks: done, totalBlocks: archive.count })
    const identity = await archiveIdentity(archive, hashes)
    const ofName = name === undefined ? [] : checkExecutionArchiveName(name, identity)
    const report = run.finish()
    return { identity, unknown, ...report, deviations: [...ofName, ...archive.deviations, ...report.deviations] }
  } catch (error) {
    // An error in the structure of the file says more than one in a block.
    if (error instanceof ContentError) await structure.walk()
    throw error
  }
}

interface ReadHeader {
  readonly headerRlp: Uint8Array
  readonly header: HeaderLinks
  /** The proof, if any, and the whole header, which its layout depends on. */
  readonly proven: { readonly header: BlockHeader; readonly proof: BlockProof } | undefined
}

/** The state of verifying one file. */
class Run {
  readonly #archive: BlockArchive
  readonly #hashes: Hashes
  readonly #options: VerifyExecutionOptions
  readonly #chain: ChainCheck
  readonly #proofs: ProofCheck
  readonly #blocks: HeaderAccumulator
  readonly #counts = { transactions: 0, receipts: 0, blocksWithUncles: 0, withdrawals: 0 }
  /** Whether the total difficulties of all blocks that an accumulator may cover are known. */
  #complete = true
  #mergePosition = 0
  /** Where the header of the first block is whose withdrawals root is not checked. */
  #otherWithdrawalsRoot: number | undefined

  constructor(archive: BlockArchive, hashes: Hashes, options: VerifyExecutionOptions) {
    this.#archive = archive
    this.#hashes = hashes
    this.#options = options
    this.#chain = new ChainCheck(options)
    this.#proofs = new ProofCheck(hashes, archive.accumulator, options.historyRoots)
    this.#blocks = new HeaderAccumulator(hashes)
    if (archive.start % BigInt(MAX_BLOCKS) !== 0n) {
      const message = `first block is ${archive.start}, expected a multiple of ${MAX_BLOCKS}`
      throw new VerificationError('WRONG_NUMBER', message, archive.layout.indexPosition)
    }
  }

  /** Check the next blocks, in order. */
  add(blocks: readonly BlockPayloads[]): void {
    const hashes = this.#hashesOf(blocks)
    for (const [i, payloads] of blocks.entries()) this.#add(payloads, hashes[i])
  }

  /** Hashes of the headers that can be hashed in pairs. In `.e2hs` files headers are inside another encoding. */
  #hashesOf(blocks: readonly BlockPayloads[]): readonly Uint8Array[] {
    const { keccak256Pair } = this.#hashes
    const hashes: Uint8Array[] = []
    if (keccak256Pair === undefined || this.#archive.kind === 'e2hs') return hashes
    for (let i = 0; i + 1 < blocks.length; i += 2) {
      const [a, b] = [blocks[i]?.header, blocks[i + 1]?.header]
      if (a === undefined || b === undefined) break
      hashes.push(...keccak256Pair(a, b))
    }
    return hashes
  }

  #add(payloads: BlockPayloads, known: Uint8Array | undefined): void {
    const { kind } = this.#archive
    const position = payloads.positions.header ?? 0
    const { headerRlp, header, proven } = this.#readHeader(payloads, position)
    checkSameNumber(header.number, payloads.number, position)
    const hash = known ?? this.#hashes.keccak256(headerRlp)
    const stated = statedDifficulty(payloads, proven?.proof, position)
    const wasPreMerge = this.#chain.postMergeBlocks === 0
    this.#chain.add(header, hash, position, stated)
    const counts = checkContents(kind, header, payloads, this.#hashes)
    this.#counts.transactions += counts.transactions
    this.#counts.receipts += counts.receipts
    this.#counts.withdrawals += counts.withdrawals
    if (counts.uncles) this.#counts.blocksWithUncles++
    if (counts.otherWithdrawalsRoot) this.#otherWithdrawalsRoot ??= position
    if (proven) this.#proofs.add(proven.header, hash, proven.proof, payloads.positions.proof ?? position)
    if (wasPreMerge && this.#chain.postMergeBlocks > 0) this.#mergePosition = position
    if (kind !== 'era1' && this.#chain.postMergeBlocks > 0) return
    const { totalDifficulty } = this.#chain
    if (totalDifficulty === undefined) this.#complete = false
    else if (this.#complete) this.#blocks.add(hash, stated?.bytes ?? totalDifficulty)
  }

  finish(): Omit<ExecutionReport, 'identity' | 'unknown'> {
    const { start, count, layout } = this.#archive
    const { preMergeBlocks, totalDifficulty, lastHash = new Uint8Array(0) } = this.#chain
    const { historyRoots, accumulator: stated } = this.#proofs
    const { found: accumulator, deviations } = compareAccumulators({
      ...{ layout, chain: this.#chain, blocks: this.#blocks, complete: this.#complete },
      ...{ mergePosition: this.#mergePosition, stated, trusted: this.#options.trustedAccumulator },
    })
    const otherWithdrawalsRoot = this.#otherWithdrawalsRoot
    const ofContent = contentDeviations({ layout, preMergeBlocks, otherWithdrawalsRoot })
    return {
      ...{ start, count, preMergeBlocks, ...this.#counts, lastHash, historyRoots },
      deviations: [...deviations, ...ofContent],
      ...(totalDifficulty !== undefined && { totalDifficulty }),
      ...(accumulator && { accumulator }),
      trusted: this.#isTrusted(accumulator),
    }
  }

  #readHeader(payloads: BlockPayloads, position: number): ReadHeader {
    const content = payloads.header ?? new Uint8Array(0)
    const origin = { what: 'header', position }
    if (this.#archive.kind === 'e2hs') {
      const { header: headerRlp, proof: ssz } = decodeHeaderWithProof(content, position)
      const header = decodeHeader(headerRlp, origin)
      return { headerRlp, header, proven: { header, proof: proofByHeader(header, ssz, position) } }
    }
    if (payloads.proof === undefined) {
      return { headerRlp: content, header: decodeHeaderLinks(content, origin), proven: undefined }
    }
    const proof = decodeProof(payloads.proof, { what: 'proof', position: payloads.positions.proof ?? position })
    const header = decodeHeader(content, origin)
    return { headerRlp: content, header, proven: { header, proof } }
  }

  #isTrusted(accumulator: Uint8Array | undefined): boolean {
    const { preMergeBlocks, postMergeBlocks } = this.#chain
    const { historyRoots } = this.#proofs
    const before = preMergeBlocks === 0 || (accumulator !== undefined && this.#options.trustedAccumulator !== undefined)
    const after = postMergeBlocks === 0 || (historyRoots.length > 0 && historyRoots.every(({ trusted }) => trusted))
    return before && after
  }
}

/** The total difficulty of a block in the file: in a record, or as the first node of its proof. */
function statedDifficulty(
  { totalDifficulty: bytes, positions }: BlockPayloads,
  proof: BlockProof | undefined,
  headerPosition: number,
): StatedDifficulty | undefined {
  if (bytes !== undefined) {
    const position = positions.totalDifficulty ?? headerPosition
    checkTotalDifficulty(bytes, position)
    return { bytes, position }
  }
  if (proof?.type !== 0) return undefined
  return { bytes: proof.ssz.subarray(0, 32), position: positions.proof ?? headerPosition }
}

import { ContentError, VerificationError } from '@datastreamer/e2store'
import {
  type BlockArchive,
  type BlockHeader,
  type BlockPayloads,
  type BlockProof,
  decodeTotalDifficulty,
  uint256Value,
} from '@datastreamer/e2store/execution'
import type { SidecarIdentity } from '@datastreamer/e2store/sidecar'
import { HistoryError } from '../errors.ts'
import { equalBytes } from '../trust/bytes.ts'
import { eraOf } from '../trust/era.ts'
import { type KnownLists, NO_LISTS } from '../trust/known-lists.ts'
import { followProof, type ProofRoots } from '../trust/proof-roots.ts'
import { isOfTrusted } from '../trust/sidecar-roots.ts'
import type { TrustedBlock, TrustedRoots, TrustLevel, TrustMode } from '../trust/trust.ts'
import { checkTrustedBlock } from '../trust/trusted-blocks.ts'
import type { VerifiedHeaders } from '../trust/verified-headers.ts'
import { verifyHeaders } from '../trust/verify-headers.ts'
import { type BlockParts, blockParts } from './block-parts.ts'
import type { Borders } from './borders.ts'
import type { OpenFile } from './file-pool.ts'
import type { HistoryFile } from './history-file.ts'
import { KnownHeaders } from './known-headers.ts'

export interface VerifierOptions {
  readonly trust: TrustMode
  readonly roots: TrustedRoots
  /** Most bytes kept of verified headers, and as many of digests of groups of them. */
  readonly headerBytes: number
  readonly borders: Borders
  /** A file was rejected. */
  readonly onChanged: () => void
}

/** A header that was read and verified. */
export interface VerifiedHeader {
  readonly number: bigint
  readonly hash: Uint8Array
  readonly header: BlockHeader
  readonly headerRlp: Uint8Array
  readonly totalDifficulty?: bigint
  readonly trust: TrustLevel
}

/**
 * Verifies headers against their files and trusted roots: one at a time where files have proofs that lead to such a root,
 * otherwise all of a file at once, the first time that one is asked for, and then also against the files beside it.
 */
export class Verifier {
  readonly #options: VerifierOptions
  readonly #known: KnownHeaders
  #accumulators: Uint8Array | undefined
  #lists: KnownLists = NO_LISTS

  constructor(options: VerifierOptions) {
    this.#options = options
    this.#known = new KnownHeaders(options.headerBytes, (open) => this.#verifyAll(open))
  }

  /**
   * Verify the header of a block that was read.
   *
   * @param payloads with header and, where the file has them, total difficulty and proof
   * @throws {VerificationError} it is not what the file or a trusted root says
   * @throws {HistoryError} `UNTRUSTED`: then the file is not used any more
   */
  async verify(open: OpenFile, payloads: BlockPayloads): Promise<VerifiedHeader> {
    const { archive, file } = open
    const { number, positions } = payloads
    const position = positions.header ?? 0
    const block = blockParts(archive.kind, payloads)
    const { header, headerRlp, hash } = block
    if (header.number !== number) {
      throw new VerificationError('WRONG_NUMBER', `header of block ${header.number}, expected ${number}`, position)
    }
    checkTrustedBlock(this.#trustedBlocks(file), number, hash, position)
    const trust = await this.#level(open, block)
    // By another file, meanwhile.
    if (file.rejectedBy !== undefined && file.error !== undefined) throw file.error
    if (this.#options.trust === 'require' && trust !== 'trusted') {
      const error = new HistoryError('UNTRUSTED', `no trusted root is known for block ${number} in ${file.name}`)
      file.reject(error)
      this.#options.onChanged()
      throw error
    }
    if (trust !== 'unverified' && file.status !== 'consistent') file.status = trust
    const verified = { number, hash, header, headerRlp, trust }
    if (payloads.totalDifficulty === undefined) return verified
    const totalDifficulty = decodeTotalDifficulty(payloads.totalDifficulty, positions.totalDifficulty ?? position)
    return { ...verified, totalDifficulty }
  }

  /** Use lists of what is public knowledge. */
  useLists(lists: KnownLists): void {
    this.#lists = lists
  }

  /** Trust these accumulators of the first eras, 32 bytes each, joined. */
  trustAccumulators(joined: Uint8Array): void {
    this.#accumulators = joined
  }

  /** Forget what is known of a file. */
  forget(file: HistoryFile): void {
    this.#known.forget(file)
  }

  /** How far a block is verified by its own file, without the files beside it. Throws as {@link verify}. */
  async levelAlone(open: OpenFile, number: bigint): Promise<TrustLevel> {
    const { archive } = open
    const payloads = await archive.payloads(number, ['header', 'totalDifficulty', 'proof'])
    const block = blockParts(archive.kind, payloads)
    const level = block.proof && (await this.#followProof(open, block, block.proof))
    return level === 'trusted' ? level : (await this.#verifyAlone(open)).level
  }

  /**
   * Whether the sidecar of a file is of blocks that may be trusted, as far as it can say that itself.
   *
   * @throws {VerificationError} `WRONG_ROOT`: it is of others
   */
  isOfTrusted(file: HistoryFile, identity: SidecarIdentity): boolean {
    const era = eraOf(identity.start)
    const { trusted, historyRoots } = this.#trustedRoots(file, era)
    return isOfTrusted(identity, {
      ...{ trust: this.#options.trust, trusted, known: this.#lists.accumulator(era) },
      ...{ blocks: this.#trustedBlocks(file), hasHistoryRoots: historyRoots !== undefined },
    })
  }

  async #level(open: OpenFile, block: BlockParts): Promise<TrustLevel> {
    if (this.#options.trust === 'none') return 'unverified'
    if (block.proof !== undefined && (await this.#followProof(open, block, block.proof)) === 'trusted') return 'trusted'
    const { number, totalDifficulty, positions } = block.payloads
    return this.#known.level(open, { number, hash: block.hash, totalDifficulty, position: positions.header ?? 0 })
  }

  async #followProof(open: OpenFile, block: BlockParts, proof: BlockProof): Promise<TrustLevel> {
    const { payloads, header, hash } = block
    const position = payloads.positions.proof ?? payloads.positions.header ?? 0
    const { level, accumulator } = followProof(header, hash, proof, position, this.#roots(open))
    const { totalDifficulty } = payloads
    if (totalDifficulty !== undefined && proof.type === 0 && !equalBytes(totalDifficulty, proof.ssz.subarray(0, 32))) {
      const proven = uint256Value(proof.ssz.subarray(0, 32))
      const at = payloads.positions.totalDifficulty ?? position
      throw new VerificationError('WRONG_DIFFICULTY', `total difficulty is not ${proven}, as its proof says`, at)
    }
    if (level !== undefined || accumulator === undefined) return level ?? 'consistent'
    if (await this.#othersAgree(open, payloads.number, accumulator)) return 'consistent'
    const message = `proof of block ${payloads.number} leads elsewhere than those of other blocks in its file`
    throw new VerificationError('WRONG_PROOF', message, position)
  }

  /** Whether the proof of another block of the file leads to the same accumulator: one that it does not state itself. */
  async #othersAgree({ archive, file }: OpenFile, number: bigint, accumulator: Uint8Array): Promise<boolean> {
    const roots: ProofRoots = { trusted: undefined, stated: undefined, historyRoots: undefined, known: NO_LISTS }
    for (const index of [0, 1, 2]) {
      const other = archive.start + BigInt(index)
      if (other === number || index >= archive.count) continue
      try {
        const payloads = await archive.payloads(other, ['header', 'proof'])
        const { header, hash, proof } = blockParts(archive.kind, payloads)
        if (proof === undefined) continue
        const found = followProof(header, hash, proof, 0, roots).accumulator
        if (found !== undefined && equalBytes(found, accumulator)) return true
      } catch (error) {
        if (!(error instanceof ContentError)) throw error
      }
    }
    return file.to === file.from
  }

  async #verifyAll(open: OpenFile): Promise<VerifiedHeaders> {
    const headers = await this.#verifyAlone(open)
    if (headers.level !== 'trusted') await this.#options.borders.check(open.file, headers)
    open.file.status = headers.level
    return headers
  }

  async #verifyAlone(open: OpenFile): Promise<VerifiedHeaders> {
    const { archive, file } = open
    const { trusted } = this.#roots(open)
    const blocks = this.#trustedBlocks(file)
    const known = this.#lists.accumulator(eraOf(archive.start))
    try {
      return await verifyHeaders(archive, { trusted, known, blocks, nameId: file.parsed.id })
    } catch (error) {
      if (error instanceof ContentError) {
        file.reject(error)
        this.#options.onChanged()
      }
      throw error
    }
  }

  #trustedBlocks({ parsed }: HistoryFile): readonly TrustedBlock[] {
    return this.#options.roots.blocks?.(parsed.network) ?? []
  }

  #roots({ archive, file }: { readonly archive: BlockArchive; readonly file: HistoryFile }): ProofRoots {
    const trusted = this.#trustedRoots(file, eraOf(archive.start))
    return { ...trusted, stated: archive.accumulator, known: this.#lists }
  }

  #trustedRoots({ parsed: { network } }: HistoryFile, era: number): Pick<ProofRoots, 'trusted' | 'historyRoots'> {
    const { roots } = this.#options
    const learned = this.#accumulators?.subarray(32 * era, 32 * era + 32)
    const trusted = roots.accumulator?.(network, era) ?? (learned?.length === 32 ? learned : undefined)
    return { trusted, historyRoots: roots.historyRoots?.(network) }
  }
}

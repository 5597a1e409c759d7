import { VerificationError } from '@datastreamer/e2store'
import {
  type BlockArchive,
  type ExecutionReport,
  type HistoryRoots,
  parseExecutionArchiveName,
  verifyArchive,
} from '@datastreamer/e2store/execution'
import { heldBlocks } from '@datastreamer/e2store/folder'
import { knownTrust } from '@datastreamer/e2store/trusted'
import { plural } from '../output/text.ts'
import { openBlocks } from './facts.ts'
import type { E2File } from './file.ts'
import { checkArchiveName } from './names.ts'
import { checkNetworkOfBlocks, KNOWN_NUMBERS, networkOfBlocks } from './network-of-blocks.ts'
import { TrustedAccumulators } from './trusted-accumulators.ts'
import type { Found } from './verified.ts'
import type { OnProgress, VerifierOptions } from './verifier-options.ts'

/** What blocks can be trusted by, if anything, and that in words. */
interface Trust {
  readonly by: string | undefined
  readonly text: string
}

/** Verifies files of blocks in order, and that one continues the other. */
export class BlocksVerifier {
  readonly #signal: AbortSignal
  readonly #accumulators: TrustedAccumulators | undefined
  readonly #historyRoots: HistoryRoots | undefined
  /** The network that files must be of, if the caller names it. */
  readonly #network: string | undefined
  /** The end of the blocks verified last. */
  #last: { readonly next: bigint; readonly hash: Uint8Array; readonly difficulty: bigint | undefined } | undefined

  constructor({ accumulators, history, network, signal }: VerifierOptions) {
    this.#network = network?.config
    this.#signal = signal
    this.#accumulators = accumulators && new TrustedAccumulators(accumulators)
    this.#historyRoots = history?.historyRoots
  }

  /** @throws {E2StoreError} @throws {NotVerifiedError} */
  async verify(file: E2File, onProgress: OnProgress): Promise<Found> {
    const archive = await openBlocks(file)
    const before = this.#last?.next === archive.start ? this.#last : undefined
    const trusted = this.#accumulators?.of(archive, file.name)
    const report = await verifyArchive(archive, {
      ...(before && { previousHash: before.hash }),
      ...(before?.difficulty !== undefined && { previousTotalDifficulty: before.difficulty }),
      ...(trusted && { trustedAccumulator: trusted }),
      ...(this.#historyRoots && { historyRoots: this.#historyRoots }),
      signal: this.#signal,
      onProgress: ({ blocks, totalBlocks }) => onProgress(blocks, totalBlocks),
    })
    const { start, count, lastHash, totalDifficulty } = report
    this.#last = { next: start + BigInt(count), hash: lastHash, difficulty: totalDifficulty }
    return this.#found(file, archive, report, before !== undefined)
  }

  async #found(file: E2File, archive: BlockArchive, report: ExecutionReport, followsPrevious: boolean): Promise<Found> {
    const name = await checkArchiveName(file.name, archive)
    const { start, count, transactions, unknown } = report
    const trust = await this.#trustIn(file.name, report)
    const trusted = trust.by !== undefined
    const deviations = [...(name.deviations ?? []), ...report.deviations]
    const unknownRecords = unknown.reduce((sum, each) => sum + each.records, 0)
    const words = [
      `blocks ${start} to ${start + BigInt(count) - 1n}`,
      plural(transactions, 'transaction'),
      ...(followsPrevious ? ['follows the file before it'] : []),
      trust.text,
      ...deviations.map(({ message }) => message),
      ...(unknownRecords === 0 ? [] : [`${plural(unknownRecords, 'record')} of unknown types`]),
    ]
    const { identity, historyRoots: _, ...rest } = report
    const held = await heldBlocks(archive, { ...report, trusted }, KNOWN_NUMBERS)
    const network = await networkOfBlocks(report, held.found)
    const wrongName =
      name.result === 'wrong'
        ? new VerificationError('WRONG_NAME', `by its content it is ${name.expected}`, 0)
        : checkNetworkOfBlocks(this.#network ?? parseExecutionArchiveName(file.name)?.network, network, held.found)
    return {
      text: words.join(', '),
      json: { ...rest, trusted, trustedBy: trust.by ?? null, deviations, ...identity, followsPrevious },
      ...{ held, wrongName },
      ...(network !== undefined && { network }),
    }
  }

  /**
   * What the blocks can be trusted by: the roots that the caller gives, or those that are built in for the network in the
   * file's name.
   *
   * @throws {VerificationError} `WRONG_ROOT`: they are not of the network that they must be of
   */
  async #trustIn(name: string, report: ExecutionReport): Promise<Trust> {
    const given = this.#accumulators?.known
    if (report.trusted) {
      return { by: given ?? 'the roots given', text: `as the trusted roots say${given ? ` (${given})` : ''}` }
    }
    const network = this.#network ?? parseExecutionArchiveName(name)?.network
    const known = network === undefined ? undefined : await knownTrust(report, network)
    if (known?.is === 'trusted') return { by: known.by, text: `as ${known.by} say, which are built in` }
    if (known?.is !== 'different') return { by: undefined, text: 'true in itself: no trusted root given' }
    if (this.#network !== undefined) {
      throw new VerificationError('WRONG_ROOT', `blocks of another network: ${known.message}`, 0)
    }
    return { by: undefined, text: `true in itself, but NOT of the ${network} that is known: ${known.message}` }
  }
}

import { VerificationError } from '@datastreamer/e2store'
import {
  type BlockArchive,
  type ExecutionReport,
  type HistoryRoots,
  verifyArchive,
} from '@datastreamer/e2store/execution'
import { heldBlocks } from '@datastreamer/e2store/folder'
import { EXECUTION_NETWORKS } from '@datastreamer/e2store/trusted'
import { plural } from '../output/text.ts'
import { openBlocks } from './facts.ts'
import type { E2File } from './file.ts'
import { checkArchiveName } from './names.ts'
import { TrustedAccumulators } from './trusted-accumulators.ts'
import type { Found } from './verified.ts'
import type { OnProgress, VerifierOptions } from './verifier-options.ts'

/** Verifies files of blocks in order, and that one continues the other. */
export class BlocksVerifier {
  readonly #signal: AbortSignal
  readonly #accumulators: TrustedAccumulators | undefined
  readonly #historyRoots: HistoryRoots | undefined
  /** The end of the blocks verified last. */
  #last: { readonly next: bigint; readonly hash: Uint8Array; readonly difficulty: bigint | undefined } | undefined

  constructor({ accumulators, history, signal }: VerifierOptions) {
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
    const deviations = [...(name.deviations ?? []), ...report.deviations]
    const unknownRecords = unknown.reduce((sum, each) => sum + each.records, 0)
    const words = [
      `blocks ${start} to ${start + BigInt(count) - 1n}`,
      plural(transactions, 'transaction'),
      ...(followsPrevious ? ['follows the file before it'] : []),
      report.trusted ? this.#trustText() : 'true in itself: no trusted root given',
      ...deviations.map(({ message }) => message),
      ...(unknownRecords === 0 ? [] : [`${plural(unknownRecords, 'record')} of unknown types`]),
    ]
    const { identity, historyRoots: _, ...rest } = report
    const held = await heldBlocks(archive, report, KNOWN_NUMBERS)
    const network = networkOf(held.found)
    const wrongName =
      name.result === 'wrong'
        ? new VerificationError('WRONG_NAME', `by its content it is ${name.expected}`, 0)
        : undefined
    return {
      text: words.join(', '),
      json: { ...rest, deviations, ...identity, followsPrevious },
      ...{ held, wrongName },
      ...(network !== undefined && { network }),
    }
  }

  #trustText(): string {
    const known = this.#accumulators?.known
    return known === undefined ? 'as the trusted roots say' : `as the trusted roots say (${known})`
  }
}

const KNOWN_NUMBERS: readonly bigint[] = [
  0n,
  ...Object.values(EXECUTION_NETWORKS).flatMap(({ knownBlocks }) => knownBlocks.map(({ number }) => number)),
]

/** The network whose first block, or block at the merge, is in a file. */
function networkOf(found: readonly { readonly number: bigint; readonly hash: Uint8Array }[]): string | undefined {
  const isKnown = (number: bigint, hash: Uint8Array): boolean =>
    found.some((each) => each.number === number && Buffer.compare(each.hash, hash) === 0)
  return Object.values(EXECUTION_NETWORKS).find(
    ({ genesisHash, knownBlocks }) =>
      isKnown(0n, genesisHash) || knownBlocks.some(({ number, hash }) => isKnown(number, hash)),
  )?.name
}

import type { HeaderAccumulator } from '../../accumulator/header-accumulator.ts'
import { VerificationError } from '../../errors.ts'
import { equalBytes, toHex } from '../../io/bytes.ts'
import type { Deviation } from '../archive/deviation.ts'
import type { Layout } from '../archive/layout.ts'
import type { ChainCheck } from './chain.ts'

export interface AccumulatorInput {
  readonly layout: Layout
  readonly chain: ChainCheck
  /** Over the blocks that the file's accumulator may cover. */
  readonly blocks: HeaderAccumulator
  /** Whether the total difficulties of those blocks are all known. */
  readonly complete: boolean
  /** Where the first block after the merge is. */
  readonly mergePosition: number
  /** The accumulator in the file, or the one that its proofs lead to. */
  readonly stated: Uint8Array | undefined
  readonly trusted: Uint8Array | undefined
}

/**
 * Compare the accumulator of the blocks with that of the file, of its proofs and of the caller.
 *
 * @returns the blocks' accumulator, if it can be computed
 * @throws {VerificationError} `WRONG_ROOT`
 * @see docs/spec/e2store-execution.md §11.3
 */
export function compareAccumulators({
  layout: { kind, accumulator, indexPosition },
  chain: { preMergeBlocks, postMergeBlocks },
  blocks,
  complete,
  mergePosition,
  stated,
  trusted,
}: AccumulatorInput): { readonly found: Uint8Array | undefined; readonly deviations: readonly Deviation[] } {
  const position = accumulator?.position ?? indexPosition
  const deviations: Deviation[] = []
  const isCovered = kind === 'era1' || preMergeBlocks > 0
  let found = isCovered && complete ? blocks.root() : undefined
  if (kind === 'era1' && postMergeBlocks > 0) {
    const message = `the file has ${postMergeBlocks} blocks after the merge`
    deviations.push({ code: 'POST_MERGE_BLOCKS', message, position: mergePosition })
    if (found && stated && !equalBytes(found, stated)) found = blocks.root(preMergeBlocks)
  }
  if (isCovered && !found && accumulator) {
    const message = 'the accumulator is not checked: total difficulties are missing'
    deviations.push({ code: 'UNCHECKED_ACCUMULATOR', message, position })
  }
  const known = isCovered ? (found ?? accumulator?.root) : undefined
  for (const expected of [stated, trusted]) {
    if (expected === undefined || (isCovered && known === undefined)) continue
    if (known && equalBytes(known, expected)) continue
    const message = known
      ? `accumulator of the blocks is ${toHex(known)}, expected ${toHex(expected)}`
      : `an accumulator, ${toHex(expected)}, for a file without blocks before the merge`
    throw new VerificationError('WRONG_ROOT', message, position)
  }
  return { found, deviations }
}

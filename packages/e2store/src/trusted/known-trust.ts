import type { ExecutionReport } from '../execution/verify/verify.ts'
import { toHex } from '../io/bytes.ts'
import { knownAccumulators } from './known-lists.ts'

const ERA_BLOCKS = 8192n

/** What is publicly known of the blocks of a file that was verified. */
export type KnownTrust =
  /** All of them are as the roots say that are built in. */
  | { readonly is: 'trusted'; readonly by: string }
  /** They are of another chain. */
  | { readonly is: 'different'; readonly message: string }
  | { readonly is: 'unknown' }

/**
 * Compare a file that was verified with the roots that are built in for a network, by its name.
 *
 * @see docs/spec/e2store-execution.md §14
 */
export async function knownTrust(
  report: Pick<ExecutionReport, 'start' | 'count' | 'preMergeBlocks' | 'accumulator' | 'historyRoots'>,
  network: string,
): Promise<KnownTrust> {
  const { start, count, preMergeBlocks, accumulator, historyRoots } = report
  const number = Number(start / ERA_BLOCKS)
  const known = await knownAccumulators(network)
  if (preMergeBlocks > 0) {
    const matches = accumulator && known?.has(number, accumulator)
    if (matches === undefined) return { is: 'unknown' }
    if (!matches) {
      const root = known?.at(number) ?? new Uint8Array(0)
      return { is: 'different', message: `accumulator ${number} of ${network} is ${toHex(root)}` }
    }
  }
  const afterMerge = preMergeBlocks < count
  if (afterMerge && !(historyRoots.length > 0 && historyRoots.every(({ trusted }) => trusted))) return { is: 'unknown' }
  return afterMerge && preMergeBlocks === 0
    ? { is: 'unknown' }
    : { is: 'trusted', by: `the accumulators of ${network}` }
}

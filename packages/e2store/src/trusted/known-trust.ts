import type { ExecutionReport } from '../execution/verify/verify.ts'
import { toHex } from '../io/bytes.ts'
import { knownAccumulators, knownHistoricalRoots } from './known-lists.ts'

const ERA_BLOCKS = 8192n

/** What is publicly known of the blocks of a file that was verified. */
export type KnownTrust =
  /** All of them are as the roots say that are built in. */
  | { readonly is: 'trusted'; readonly by: string }
  /** They are of another chain. */
  | { readonly is: 'different'; readonly message: string }
  | { readonly is: 'unknown' }

/** What is used of the result of verifying a file. */
type Verified = Pick<ExecutionReport, 'start' | 'count' | 'preMergeBlocks' | 'accumulator' | 'historyRoots'>

/**
 * Compare a file that was verified with the roots that are built in for a network, by its name.
 *
 * @see docs/spec/e2store-execution.md §14
 */
export async function knownTrust(report: Verified, network: string): Promise<KnownTrust> {
  const { count, preMergeBlocks } = report
  const by: string[] = []
  if (preMergeBlocks > 0) {
    const before = await beforeMerge(report, network)
    if (before.is !== 'trusted') return before
    by.push(before.by)
  }
  if (preMergeBlocks < count) {
    const after = await afterMerge(report, network)
    if (after.is !== 'trusted') return after
    by.push(after.by)
  }
  return { is: 'trusted', by: by.join(' and ') }
}

async function beforeMerge({ start, accumulator }: Verified, network: string): Promise<KnownTrust> {
  const number = Number(start / ERA_BLOCKS)
  const known = await knownAccumulators(network)
  const matches = accumulator && known?.has(number, accumulator)
  if (matches === undefined) return { is: 'unknown' }
  if (matches) return { is: 'trusted', by: `the accumulators of ${network}` }
  return { is: 'different', message: `accumulator ${number} of ${network} is ${hexOf(known?.at(number))}` }
}

async function afterMerge({ historyRoots }: Verified, network: string): Promise<KnownTrust> {
  const known = await knownHistoricalRoots(network)
  let isKnown = false
  for (const { era, root, trusted } of historyRoots) {
    if (trusted) continue
    const matches = known?.has(Number(era), root)
    if (matches === undefined) return { is: 'unknown' }
    if (!matches) {
      return { is: 'different', message: `historical root ${era} of ${network} is ${hexOf(known?.at(Number(era)))}` }
    }
    isKnown = true
  }
  if (historyRoots.length === 0) return { is: 'unknown' }
  return { is: 'trusted', by: isKnown ? `the historical roots of ${network}` : 'the roots given' }
}

function hexOf(root: Uint8Array | undefined): string {
  return toHex(root ?? new Uint8Array(0))
}

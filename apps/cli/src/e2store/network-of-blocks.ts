import { VerificationError } from '@datastreamer/e2store'
import type { ExecutionReport } from '@datastreamer/e2store/execution'
import type { FoundBlock } from '@datastreamer/e2store/folder'
import { EXECUTION_NETWORKS, executionNetwork, knownTrust } from '@datastreamer/e2store/trusted'
import { BEACON_NETWORKS } from '@datastreamer/e2store/verify-era'
import { hex } from '../output/text.ts'

/** The blocks by which networks can be told apart: the first, and those at a merge. */
export const KNOWN_NUMBERS: readonly bigint[] = [
  0n,
  ...Object.values(EXECUTION_NETWORKS).flatMap(({ knownBlocks }) => knownBlocks.map(({ number }) => number)),
]

/** The network whose first block, block at the merge, or accumulator is in a file. */
export async function networkOfBlocks(
  report: ExecutionReport,
  found: readonly FoundBlock[],
): Promise<string | undefined> {
  const isKnown = (number: bigint, hash: Uint8Array): boolean =>
    found.some((each) => each.number === number && Buffer.compare(each.hash, hash) === 0)
  const byBlock = Object.values(EXECUTION_NETWORKS).find(
    ({ genesisHash, knownBlocks }) =>
      isKnown(0n, genesisHash) || knownBlocks.some(({ number, hash }) => isKnown(number, hash)),
  )
  if (byBlock !== undefined || report.preMergeBlocks === 0) return byBlock?.name
  const beforeMerge = { ...report, count: report.preMergeBlocks }
  for (const { name } of Object.values(EXECUTION_NETWORKS)) {
    if ((await knownTrust(beforeMerge, name)).is === 'trusted') return name
  }
  return undefined
}

/**
 * Compare the network that a file must be of, by its name or by the caller, with what its blocks show. Other names than
 * those of known networks say nothing: a copy of a network has its first blocks.
 *
 * @returns what is wrong, if anything
 */
export function checkNetworkOfBlocks(
  expected: string | undefined,
  shown: string | undefined,
  found: readonly FoundBlock[],
): VerificationError | undefined {
  if (expected === undefined || shown === expected) return undefined
  const { genesisHash } = executionNetwork(expected) ?? {}
  if (shown !== undefined && (genesisHash !== undefined || Object.hasOwn(BEACON_NETWORKS, expected))) {
    return new VerificationError('WRONG_NETWORK', `its blocks are of ${shown}, expected ${expected}`, 0)
  }
  const first = found.find(({ number }) => number === 0n)
  if (genesisHash === undefined || first === undefined) return undefined
  const message = `block 0 has hash ${hex(first.hash)}, that of ${expected} is ${hex(genesisHash)}`
  return new VerificationError('WRONG_NETWORK', message, 0)
}

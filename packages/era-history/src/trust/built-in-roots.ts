import { executionNetwork } from '@datastreamer/e2store/trusted'
import type { AccumulatorList, TrustedBlock, TrustedRoots } from './trust.ts'

/**
 * What is public knowledge: for mainnet the genesis block, the last block before the merge, and the root over all
 * accumulators; for sepolia the genesis block and one at the merge. Sources are with the values in
 * `@datastreamer/e2store/trusted`.
 */
export const builtInRoots: TrustedRoots = {
  accumulators(name): AccumulatorList | undefined {
    const network = executionNetwork(name)
    if (network?.accumulatorsRoot === undefined || network.accumulators === undefined) return undefined
    return { count: network.accumulators, root: network.accumulatorsRoot }
  },
  blocks(name): readonly TrustedBlock[] {
    const network = executionNetwork(name)
    return network === undefined ? [] : [{ number: 0n, hash: network.genesisHash }, ...network.knownBlocks]
  },
}

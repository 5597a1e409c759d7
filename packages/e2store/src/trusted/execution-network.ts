import { fromHex } from '../io/bytes.ts'
import type { KnownBlock } from './known-block.ts'

/** What is public knowledge of an execution chain. */
export interface ExecutionNetwork {
  readonly name: string
  /** Hash of block 0, 32 bytes. */
  readonly genesisHash: Uint8Array
  /** Ascending. */
  readonly knownBlocks: readonly KnownBlock[]
  /** The root over the accumulators of all files before the merge, if it was published. */
  readonly accumulatorsRoot?: Uint8Array
  /** How many files the chain has before the merge. */
  readonly accumulators?: number
  /** The root of the list of historical roots, which has not changed since Capella, if it was published. */
  readonly historicalRootsRoot?: Uint8Array
}

type KnownNetwork = 'mainnet' | 'sepolia'

/**
 * The networks that are built in, by their names in files.
 *
 * Sources: genesis hashes and blocks at the merge from go-ethereum (`params/config.go`, `core/history/historymode.go`);
 * the roots over accumulators and historical roots from trin of the Portal Network
 * (`crates/validation/src/constants.rs`, `historical_roots_acc.rs`).
 */
export const EXECUTION_NETWORKS: Readonly<Record<KnownNetwork, ExecutionNetwork>> = {
  mainnet: {
    name: 'mainnet',
    genesisHash: fromHex('d4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3'),
    knownBlocks: [
      {
        number: 15_537_393n,
        hash: fromHex('55b11b918355b1ef9c5db810302ebad0bf2544255b530cdce90674d5887bb286'),
        what: 'the last block before the merge of mainnet',
      },
    ],
    accumulators: 1897,
    accumulatorsRoot: fromHex('8eac399e24480dce3cfe06f4bdecba51c6e5d0c46200e3e8611a0b44a3a69ff9'),
    historicalRootsRoot: fromHex('4df6b89755125d4f6c5575039a04e22301a5a49ee893c1d27e559e3eeab73da7'),
  },
  sepolia: {
    name: 'sepolia',
    genesisHash: fromHex('25a5cc106eea7138acab33231d7160d69cb777ee0c2c553fcddf5138993e6dd9'),
    knownBlocks: [
      {
        number: 1_450_409n,
        hash: fromHex('229f6b18ca1552f1d5146deceb5387333f40dc6275aebee3f2c5c4ece07d02db'),
        what: 'block 1450409, at the merge of sepolia',
      },
    ],
  },
}

/** What is public knowledge of the network that a file's name has, if it is built in. */
export function executionNetwork(name: string): ExecutionNetwork | undefined {
  return Object.values(EXECUTION_NETWORKS).find((network) => network.name === name)
}

import type { EventLog } from '@datastreamer/e2store/execution'
import type { BlockId, HistoryBlock } from './blocks/history-block.ts'

/** Logs asked for, as in `eth_getLogs`. */
export interface LogFilter {
  /** First block. */
  readonly from: bigint
  /** Last block. */
  readonly to: bigint
  /** Any of these, of 20 bytes each; absent: any at all. */
  readonly addresses?: readonly Uint8Array[]
  /** For each position any of these, of 32 bytes each; `undefined`: anything. A log must have as many topics. */
  readonly topics: readonly (readonly Uint8Array[] | undefined)[]
}

/** The logs of a block that match a filter, in order. */
export interface BlockLogs {
  readonly block: HistoryBlock
  readonly logs: readonly {
    readonly log: EventLog
    readonly logIndex: number
    readonly transactionIndex: number
    readonly transactionHash: Uint8Array
  }[]
}

export interface SearchOptions {
  readonly signal?: AbortSignal
  /** Called now and then with the number of a block up to which, itself included, all was searched. */
  readonly onSearched?: (number: bigint) => void
}

/** Where a block number lies: held, above the head, or below it and in no file. */
export type Whereabouts = 'held' | 'above' | 'absent'

/** The blocks of many files as one history. */
export interface History extends AsyncDisposable {
  /** The last block of the gapless run of files that ends highest. */
  readonly head: BlockId | undefined
  /** The lowest block held. */
  readonly earliest: bigint | undefined
  /** The chain's network by the names of the files: `mainnet`, `sepolia`. */
  readonly network: string | undefined
  find(number: bigint): Whereabouts
  /** Whether receipts of this block, or of all blocks up to `to`, are held. */
  holdsReceipts(number: bigint, to?: bigint): boolean
  /** The lowest and the highest number of a run without gaps, in order. */
  readonly runs: readonly { readonly from: bigint; readonly to: bigint }[]
  /** A block by number; `undefined` if it is not held. */
  block(number: bigint): Promise<HistoryBlock | undefined>
  /**
   * The number of the block with this hash; `undefined` if it is not held.
   *
   * @throws {HistoryError} `NO_INDEX`: it is not known whether it is
   */
  numberOf(hash: Uint8Array): Promise<bigint | undefined>
  /** Where the transaction with this hash is; `undefined` if it is not held. Throws as {@link numberOf}. */
  transactionAt(hash: Uint8Array): Promise<{ readonly block: bigint; readonly index: number } | undefined>
  /** The logs that match a filter, block by block; all blocks of the range must be held. */
  logs(filter: LogFilter, options?: SearchOptions): AsyncIterable<BlockLogs>
}

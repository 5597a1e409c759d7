import type { L2BlockFields } from './model.ts'

/** A transaction of a full block. */
export interface FullTransaction {
  /** u64: as the entry has it, which in the streams of some nodes is always 0; the position before protobuf. */
  readonly index: bigint
  readonly isValid: boolean
  /** RLP list (legacy) or typed Ethereum transaction. */
  readonly encoded: Uint8Array
  readonly effectiveGasPricePercentage: number
  readonly imStateRoot: Uint8Array
}

/** An L2 block with all that belongs to it. Owns its bytes. */
export interface FullL2Block extends L2BlockFields {
  /** Number of the entry that opens the block, after its bookmark. */
  readonly entryNumber: bigint
  /** Number of the last entry that belongs to the block: its end where it has one. */
  readonly lastEntryNumber: bigint
  /** Unknown if the entries began inside a batch, and in `sequencer-2023-09`, which has none. */
  readonly forkId: bigint | undefined
  readonly transactions: readonly FullTransaction[]
}

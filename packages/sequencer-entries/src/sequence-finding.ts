/** What the sequence check finds. docs/spec/sequencer-entries.md §10. */
export type SequenceFindingCode =
  /** Entry numbers are not consecutive. */
  | 'ENTRY_NUMBER'
  /** Block numbers are not consecutive. */
  | 'BLOCK_NUMBER'
  /** Batch numbers are not consecutive, or a batch begins inside another. */
  | 'BATCH_NUMBER'
  /** A block or GER update says another batch than the one it stands in. */
  | 'BATCH_OF_BLOCK'
  /** A block end without its block. */
  | 'BLOCK_END'
  /** A batch end without its batch. */
  | 'BATCH_END'
  /** A bookmark that does not stand before what it marks, or something unmarked. */
  | 'BOOKMARK'
  /** A transaction outside its block. */
  | 'TRANSACTION'
  /** A batch end whose state root is not the last block's. */
  | 'STATE_ROOT'
  /** Data that cannot be read. */
  | 'UNREADABLE'
  /** An entry type that the generation does not know. */
  | 'UNKNOWN_TYPE'

/** One break of the sequence. */
export interface SequenceFinding {
  readonly code: SequenceFindingCode
  readonly entryNumber: bigint
  readonly expected: string
  readonly found: string
}

/** What a sequence check saw. */
export interface SequenceSummary {
  readonly entries: bigint
  readonly bookmarks: bigint
  readonly batches: bigint
  readonly blocks: bigint
  readonly transactions: bigint
  readonly gerUpdates: bigint
  /** Numbers of the first and last of each, where there was one. */
  readonly firstEntry: bigint | undefined
  readonly lastEntry: bigint | undefined
  readonly firstBatch: bigint | undefined
  readonly lastBatch: bigint | undefined
  readonly firstBlock: bigint | undefined
  readonly lastBlock: bigint | undefined
  readonly findings: bigint
}

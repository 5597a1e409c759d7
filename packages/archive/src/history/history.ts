import type { EntriesOptions, Entry, Header, HistorySource, OperationEvent, Signal, U64 } from '@datastreamer/format'
import type { BatchAssemblerOptions, BlockLimits, FullBatch, FullL2Block } from '@datastreamer/sequencer-entries'
import type { SegmentLeaf } from '../leaf/leaf.ts'
import type { HistoryRun } from './history-run.ts'
import type { HistoryBlocksOptions } from './read-blocks.ts'

/** What a question takes. */
export interface AskOptions {
  /** Ends the wait; its reason is thrown. */
  readonly signal?: Signal | undefined
}

/** Bounds of what is held of a batch. */
export type BatchLimits = Omit<BatchAssemblerOptions, 'generation'>

/**
 * A stream in verified segments, wherever they are. Nothing is given that was not compared with the signed root.
 *
 * It has what it had when it was opened, or since the last {@link refresh}; an iteration that is under way keeps to
 * what it began with, and ends with a `TruncatedError` if that no longer is the stream's. Entries live on; each holds
 * the memory of its record, about a MiB.
 *
 * All reading throws a `HistoryError` for what is damaged, missing or cannot be reached. Disposing of it closes what it
 * opened.
 *
 * @see docs/spec/history.md
 */
export interface History extends HistorySource, AsyncDisposable {
  /** Where it is; several locations with commas between them. */
  readonly name: string
  /** The signed note that all of it is verified by. */
  readonly checkpoint: string
  /** Which log it is: the name of the key that signs it. */
  readonly origin: string
  /** Leaves of its log. */
  readonly size: number
  getHeader(): Header
  /**
   * Look for a newer checkpoint, which has to continue the one that is known.
   *
   * @throws {HistoryError} `FORKED` with both notes
   */
  refresh(options?: AskOptions): Promise<Header>
  /** The segments that hold the stream, in its order. Reads all leaves, if it has to. */
  segments(options?: AskOptions): Promise<readonly SegmentLeaf[]>
  entries(options?: EntriesOptions): AsyncGenerator<Entry, void, void>
  /** The entries of a record at a time. */
  batches(options?: EntriesOptions): AsyncGenerator<readonly Entry[], void, void>
  operations(options?: EntriesOptions): AsyncGenerator<OperationEvent, void, void>
  /** The entries as records have them, not decoded: for those who pass them on. */
  runs(options?: Omit<EntriesOptions, 'types'>): AsyncGenerator<HistoryRun, void, void>
  /** An entry by number; `undefined` if the history does not have it. @throws {RangeError} if the number is none */
  entry(number: U64, options?: AskOptions): Promise<Entry | undefined>
  /**
   * Number of the last entry that is this bookmark; `undefined` if there is none. That of an L2 block costs as much as
   * the block; others, two requests for each segment that is newer.
   */
  bookmark(bookmark: Uint8Array, options?: AskOptions): Promise<bigint | undefined>
  /**
   * The L2 blocks, in order, once.
   *
   * @throws as {@link entries}; `SequenceError`, `AssemblyLimitError`, `SequencerEntryError` of
   * `@datastreamer/sequencer-entries` if the entries make no blocks
   */
  blocks(options?: HistoryBlocksOptions): AsyncGenerator<FullL2Block, void, void>
  /** An L2 block by number; `undefined` if the history does not have it. @throws {RangeError} if the number is none */
  block(number: U64, options?: AskOptions & BlockLimits): Promise<FullL2Block | undefined>
  /**
   * A batch by number; `undefined` if the history does not have all of it.
   *
   * @throws {RangeError} if the number is none
   */
  batch(number: U64, options?: AskOptions & BatchLimits): Promise<FullBatch | undefined>
  /**
   * The last L2 block that is not later than a time, in seconds since 1970; `undefined` if all are. As far as times
   * rise from block to block.
   */
  at(timestamp: U64, options?: AskOptions): Promise<FullL2Block | undefined>
}

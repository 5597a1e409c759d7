import {
  decodeEntries,
  type EntriesOptions,
  type Entry,
  entryTypesOf,
  type Header,
  type HistorySource,
  type OperationEvent,
  type Signal,
  type U64,
  u64Of,
} from '@datastreamer/format'
import type { BatchAssemblerOptions, BlockLimits, FullBatch, FullL2Block } from '@datastreamer/sequencer-entries'
import type { SegmentLeaf } from '../leaf/leaf.ts'
import type { HistoryLog } from './history-log.ts'
import type { HistoryRun } from './history-run.ts'
import { operationsOf } from './operations-of.ts'
import { readBatch, readBlockAt } from './read-batch.ts'
import { readBlock } from './read-block.ts'
import { type HistoryBlocksOptions, readBlocks } from './read-blocks.ts'
import { type RecordInput, readEntry } from './read-entry.ts'
import { bookmarkFinder, type RunInput, readRuns } from './read-runs.ts'
import type { ReadAhead } from './read-snapshot.ts'
import type { Records } from './records.ts'

/** What a question takes. */
export interface AskOptions {
  /** Ends the wait; its reason is thrown. */
  readonly signal?: Signal | undefined
}

/** Bounds of what is held of a batch. */
export type BatchLimits = Omit<BatchAssemblerOptions, 'generation'>

/** What a {@link History} is made of. */
export interface HistoryParts {
  readonly name: string
  readonly log: HistoryLog
  readonly records: Records
  readonly settings: ReadAhead
  readonly close: () => Promise<void>
}

/**
 * A stream in verified segments, wherever they are. Nothing is given that was not compared with the signed root.
 *
 * It has what it had when it was opened, or since the last {@link refresh}; an iteration that is under way keeps to what it
 * began with, and ends with a `TruncatedError` if that no longer is the stream's. Entries live on; each holds the memory of its
 * record, about a MiB.
 *
 * All reading throws a {@link HistoryError} for what is damaged, missing or cannot be reached.
 *
 * @see docs/spec/history.md
 */
export class History implements HistorySource, AsyncDisposable {
  /** Where it is; several places with commas between them. */
  readonly name: string
  readonly #log: HistoryLog
  readonly #records: Records
  readonly #input: RunInput
  readonly #close: () => Promise<void>

  /** See `openHistory`. */
  constructor({ name, log, records, settings, close }: HistoryParts) {
    this.name = name
    this.#log = log
    this.#records = records
    this.#close = close
    this.#input = {
      records,
      readAhead: settings,
      snapshot: () => log.snapshot,
    }
  }

  /** The signed note that all of it is verified by. */
  get checkpoint(): string {
    return this.#log.snapshot.checkpoint.note
  }

  /** Which log it is: the name of the key that signs it. */
  get origin(): string {
    return this.#log.snapshot.checkpoint.origin
  }

  /** Leaves of its log. */
  get size(): number {
    return this.#log.snapshot.checkpoint.size
  }

  getHeader(): Header {
    return this.#log.snapshot.header
  }

  /**
   * Look for a newer checkpoint, which has to continue the one that is known.
   *
   * @throws {HistoryError} `FORKED` with both notes
   */
  async refresh({ signal }: AskOptions = {}): Promise<Header> {
    await this.#log.refresh(signal)
    return this.getHeader()
  }

  /** The segments that hold the stream, in its order. Reads all leaves, if it has to. */
  segments({ signal }: AskOptions = {}): Promise<readonly SegmentLeaf[]> {
    return this.#log.snapshot.index.segments(signal)
  }

  async *entries(options: EntriesOptions = {}): AsyncGenerator<Entry, void, void> {
    for await (const batch of this.batches(options)) yield* batch
  }

  /** The entries of a record at a time. */
  async *batches(options: EntriesOptions = {}): AsyncGenerator<readonly Entry[], void, void> {
    const types = entryTypesOf(options.types)
    for await (const { bytes } of readRuns(this.#input, options)) {
      const all = decodeEntries(bytes)
      const entries = types === undefined ? all : all.filter(({ type }) => types.has(type))
      if (entries.length > 0) yield entries
    }
  }

  operations(options: EntriesOptions = {}): AsyncGenerator<OperationEvent, void, void> {
    return operationsOf(readRuns(this.#input, options), entryTypesOf(options.types))
  }

  /** The entries as records have them, not decoded: for those who pass them on. `types` is not looked at. */
  runs(options: Omit<EntriesOptions, 'types'> = {}): AsyncGenerator<HistoryRun, void, void> {
    return readRuns(this.#input, options)
  }

  /** An entry by number; `undefined` if the history does not have it. @throws {RangeError} if the number is none */
  async entry(number: U64, { signal }: AskOptions = {}): Promise<Entry | undefined> {
    return readEntry(this.#ask(signal), u64Of(number, 'number'))
  }

  /**
   * Number of the last entry that is this bookmark; `undefined` if there is none. That of an L2 block costs as much as the
   * block; others, two requests for each segment that is newer.
   */
  bookmark(bookmark: Uint8Array, { signal }: AskOptions = {}): Promise<bigint | undefined> {
    return bookmarkFinder(this.#input, this.#log.snapshot)(bookmark, signal)
  }

  /**
   * The L2 blocks, in order, once.
   *
   * @throws as {@link entries}; `SequenceError`, `AssemblyLimitError`, `SequencerEntryError` of
   * `@datastreamer/sequencer-entries` if the entries make no blocks
   */
  blocks(options: HistoryBlocksOptions = {}): AsyncGenerator<FullL2Block, void, void> {
    return readBlocks(this.#input, options)
  }

  /** An L2 block by number; `undefined` if the history does not have it. @throws {RangeError} if the number is none */
  async block(number: U64, { signal, ...limits }: AskOptions & BlockLimits = {}): Promise<FullL2Block | undefined> {
    return readBlock(this.#ask(signal), u64Of(number, 'number'), limits)
  }

  /** A batch by number; `undefined` if the history does not have all of it. @throws {RangeError} if the number is none */
  async batch(number: U64, { signal, ...limits }: AskOptions & BatchLimits = {}): Promise<FullBatch | undefined> {
    return readBatch(this.#ask(signal), u64Of(number, 'number'), limits)
  }

  /**
   * The last L2 block that is not later than a time, in seconds since 1970; `undefined` if all are. As far as times rise from
   * block to block.
   */
  async at(timestamp: U64, { signal }: AskOptions = {}): Promise<FullL2Block | undefined> {
    return readBlockAt(this.#ask(signal), u64Of(timestamp, 'timestamp'))
  }

  #ask(signal: Signal | undefined): RecordInput {
    return { snapshot: this.#log.snapshot, records: this.#records, signal }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close()
  }
}

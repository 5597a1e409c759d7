import {
  decodeEntries,
  type EntriesOptions,
  type Entry,
  entryTypesOf,
  type Header,
  type OperationEvent,
  type Signal,
  type U64,
  u64Of,
} from '@datastreamer/format'
import type { BlockLimits, FullBatch, FullL2Block } from '@datastreamer/sequencer-entries'
import type { SegmentLeaf } from '../leaf/leaf.ts'
import type { AskOptions, BatchLimits, History } from './history.ts'
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

/** What a history is read with. */
export interface HistoryParts {
  readonly name: string
  readonly log: HistoryLog
  readonly records: Records
  readonly settings: ReadAhead
  readonly close: () => Promise<void>
}

/** An open {@link History}. */
export class HistoryReader implements History {
  readonly name: string
  readonly #log: HistoryLog
  readonly #records: Records
  readonly #input: RunInput
  readonly #close: () => Promise<void>

  constructor({ name, log, records, settings, close }: HistoryParts) {
    this.name = name
    this.#log = log
    this.#records = records
    this.#close = close
    this.#input = { records, readAhead: settings, snapshot: () => log.snapshot }
  }

  get checkpoint(): string {
    return this.#log.snapshot.checkpoint.note
  }

  get origin(): string {
    return this.#log.snapshot.checkpoint.origin
  }

  get size(): number {
    return this.#log.snapshot.checkpoint.size
  }

  getHeader(): Header {
    return this.#log.snapshot.header
  }

  async refresh({ signal }: AskOptions = {}): Promise<Header> {
    await this.#log.refresh(signal)
    return this.getHeader()
  }

  segments({ signal }: AskOptions = {}): Promise<readonly SegmentLeaf[]> {
    return this.#log.snapshot.index.segments(signal)
  }

  async *entries(options: EntriesOptions = {}): AsyncGenerator<Entry, void, void> {
    for await (const batch of this.batches(options)) yield* batch
  }

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

  runs(options: Omit<EntriesOptions, 'types'> = {}): AsyncGenerator<HistoryRun, void, void> {
    return readRuns(this.#input, options)
  }

  async entry(number: U64, { signal }: AskOptions = {}): Promise<Entry | undefined> {
    return readEntry(this.#ask(signal), u64Of(number, 'number'))
  }

  bookmark(bookmark: Uint8Array, { signal }: AskOptions = {}): Promise<bigint | undefined> {
    return bookmarkFinder(this.#input, this.#log.snapshot)(bookmark, signal)
  }

  blocks(options: HistoryBlocksOptions = {}): AsyncGenerator<FullL2Block, void, void> {
    return readBlocks(this.#input, options)
  }

  async block(number: U64, { signal, ...limits }: AskOptions & BlockLimits = {}): Promise<FullL2Block | undefined> {
    return readBlock(this.#ask(signal), u64Of(number, 'number'), limits)
  }

  async batch(number: U64, { signal, ...limits }: AskOptions & BatchLimits = {}): Promise<FullBatch | undefined> {
    return readBatch(this.#ask(signal), u64Of(number, 'number'), limits)
  }

  async at(timestamp: U64, { signal }: AskOptions = {}): Promise<FullL2Block | undefined> {
    return readBlockAt(this.#ask(signal), u64Of(timestamp, 'timestamp'))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close()
  }

  #ask(signal: Signal | undefined): RecordInput {
    return { snapshot: this.#log.snapshot, records: this.#records, signal }
  }
}

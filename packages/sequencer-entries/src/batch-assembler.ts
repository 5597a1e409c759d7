import type { Entry } from '@datastreamer/format'
import { BlockAssembler, type BlockAssemblerOptions, DEFAULT_MAX_BYTES } from './block-assembler.ts'
import { decodeAs, entryKind } from './codec.ts'
import { AssemblyLimitError, SequenceError } from './errors.ts'
import type { FullL2Block } from './full-block.ts'
import { BookmarkType } from './gen/datastream/v1/datastream_pb.ts'
import type { Generation } from './generation.ts'
import { GenerationDetector } from './generation-detector.ts'
import type { BatchEnd, BatchStart, UpdateGer } from './model.ts'
import { NO_BYTES } from './values.ts'

/** A batch with all that belongs to it. Owns its bytes. */
export interface FullBatch {
  readonly number: bigint
  /** One of `BatchType`. Before protobuf unknown. */
  readonly type: number | undefined
  readonly forkId: bigint | undefined
  readonly chainId: bigint | undefined
  /** Number of its first entry: the batch start, or before protobuf its first block or GER update. */
  readonly entryNumber: bigint
  /** Number of its last entry: the batch end, or before protobuf the last entry of its last block or GER update. */
  readonly lastEntryNumber: bigint
  readonly localExitRoot: Uint8Array
  readonly stateRoot: Uint8Array
  readonly blocks: readonly FullL2Block[]
  readonly gerUpdates: readonly UpdateGer[]
}

export interface BatchAssemblerOptions extends BlockAssemblerOptions {
  /** Blocks and GER updates of one batch, by default 100,000. */
  readonly maxBlocksPerBatch?: number | undefined
}

const DEFAULT_MAX_BLOCKS = 100_000

interface OpenBatch extends FullBatch {
  readonly blocks: FullL2Block[]
  readonly gerUpdates: UpdateGer[]
  lastEntryNumber: bigint
  stateRoot: Uint8Array
}

/**
 * Puts batches together from entries, pushed in order. A batch comes out with its `BatchEnd`; before protobuf, which
 * has none, with the first complete block or GER update of another batch. Entries may begin anywhere: a batch whose
 * beginning was not seen is passed over. Copies what it keeps, so entries may borrow their memory.
 *
 * @see docs/spec/sequencer-entries.md §8
 */
export class BatchAssembler {
  readonly #detector: GenerationDetector
  /** Of the entry that was pushed last. */
  #generation: Generation = 'protobuf'
  readonly #blocks: BlockAssembler
  readonly #maxBlocks: number
  readonly #maxBytes: number
  #open: OpenBatch | undefined
  #bytes = 0
  /** Before protobuf: whether entries began inside a batch; of the first batch nothing is kept then. */
  #beginsInside: boolean | undefined
  /** Number of the batch of which nothing is kept. */
  #passedOver: bigint | undefined

  constructor(options: BatchAssemblerOptions = {}) {
    const { generation, maxBlocksPerBatch = DEFAULT_MAX_BLOCKS, maxBytes = DEFAULT_MAX_BYTES } = options
    this.#detector = new GenerationDetector(generation)
    this.#maxBlocks = maxBlocksPerBatch
    this.#maxBytes = maxBytes
    this.#blocks = new BlockAssembler(options)
  }

  /**
   * Take the next entry; gives the batches that are complete with it: none, one, or before protobuf up to two.
   *
   * @throws {SequenceError} if it does not follow
   * @throws {AssemblyLimitError} if the open batch grows beyond the limits
   * @throws {SequencerEntryError} if its data cannot be read
   */
  push(entry: Entry): readonly FullBatch[] {
    this.#generation = this.#detector.of(entry)
    this.#beginsInside ??= entry.number !== 0n && !this.#isBatchBookmark(entry)
    const block = this.#blocks.push(entry)
    const complete: FullBatch[] = []
    if (block !== undefined) this.#addBlock(block, complete)
    const kind = entryKind(entry.type, this.#generation)
    if (kind === 'batchStart' || kind === 'batchEnd' || kind === 'updateGer') {
      const decoded = decodeAs({ ...entry, data: new Uint8Array(entry.data) }, this.#generation)
      if (decoded.kind === 'batchStart') this.#startBatch(decoded, entry.number)
      else if (decoded.kind === 'batchEnd') this.#endBatch(decoded, entry.number, complete)
      else if (decoded.kind === 'updateGer') this.#addGer(decoded, entry.number, complete)
    }
    this.#grow(entry)
    return complete
  }

  #startBatch({ number, type, forkId, chainId }: BatchStart, entryNumber: bigint): void {
    if (this.#open !== undefined) {
      const message = `batch ${number} begins inside batch ${this.#open.number}`
      throw new SequenceError('OTHER_BATCH', message, entryNumber)
    }
    this.#begin(number, entryNumber, { type, forkId, chainId })
  }

  #endBatch(end: BatchEnd, entryNumber: bigint, complete: FullBatch[]): void {
    const open = this.#open
    this.#open = undefined
    if (open === undefined) return
    complete.push({
      ...open,
      lastEntryNumber: entryNumber,
      localExitRoot: end.localExitRoot,
      stateRoot: end.stateRoot,
    })
  }

  #addBlock(block: FullL2Block, complete: FullBatch[]): void {
    const open = this.#batchOf(block.batchNumber, block.entryNumber, block.forkId, complete)
    if (open === undefined) return
    open.blocks.push(block)
    open.lastEntryNumber = block.lastEntryNumber
    open.stateRoot = block.stateRoot
    this.#count(open, block.entryNumber)
  }

  #addGer(update: UpdateGer, entryNumber: bigint, complete: FullBatch[]): void {
    const open = this.#batchOf(update.batchNumber, entryNumber, update.forkId, complete)
    if (open === undefined) return
    open.gerUpdates.push(update)
    open.lastEntryNumber = entryNumber
    open.stateRoot = update.stateRoot
    this.#count(open, entryNumber)
  }

  /** The open batch; before protobuf another number closes it and opens the next. */
  #batchOf(
    number: bigint,
    entryNumber: bigint,
    forkId: bigint | undefined,
    complete: FullBatch[],
  ): OpenBatch | undefined {
    if (this.#generation === 'protobuf' || this.#open?.number === number) return this.#open
    if (this.#beginsInside) {
      this.#beginsInside = false
      this.#passedOver = number
    }
    if (this.#passedOver === number) return undefined
    if (this.#open !== undefined) complete.push(this.#open)
    return this.#begin(number, entryNumber, { type: undefined, forkId, chainId: undefined })
  }

  #begin(number: bigint, entryNumber: bigint, start: Pick<FullBatch, 'type' | 'forkId' | 'chainId'>): OpenBatch {
    this.#bytes = 0
    this.#open = {
      number,
      ...start,
      entryNumber,
      lastEntryNumber: entryNumber,
      localExitRoot: NO_BYTES,
      stateRoot: NO_BYTES,
      blocks: [],
      gerUpdates: [],
    }
    return this.#open
  }

  #count(open: OpenBatch, entryNumber: bigint): void {
    if (open.blocks.length + open.gerUpdates.length <= this.#maxBlocks) return
    const message = `batch ${open.number} has more than maxBlocksPerBatch = ${this.#maxBlocks} blocks and GER updates`
    throw new AssemblyLimitError('TOO_MANY_BLOCKS', message, entryNumber)
  }

  #grow(entry: Entry): void {
    if (this.#open === undefined) return
    this.#bytes += entry.data.length
    if (this.#bytes > this.#maxBytes) {
      const message = `batch ${this.#open.number} has more than maxBytes = ${this.#maxBytes} bytes of entry data`
      throw new AssemblyLimitError('TOO_LARGE', message, entry.number)
    }
  }

  #isBatchBookmark(entry: Entry): boolean {
    const decoded = decodeAs(entry, this.#generation)
    return decoded.kind === 'bookmark' && decoded.type === BookmarkType.BATCH
  }
}

import type { Entry } from '@datastreamer/format'
import { BlockAssembler, type BlockAssemblerOptions, DEFAULT_MAX_BYTES } from './block-assembler.ts'
import { decodeSequencerEntry, entryKind } from './codec.ts'
import { AssemblyLimitError, SequenceError } from './errors.ts'
import type { FullL2Block } from './full-block.ts'
import { BookmarkType } from './gen/datastream/v1/datastream_pb.ts'
import type { Generation } from './generation.ts'
import type { UpdateGer } from './model.ts'
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
  readonly #generation: Generation
  readonly #blocks: BlockAssembler
  readonly #maxBlocks: number
  readonly #maxBytes: number
  #open: OpenBatch | undefined
  #bytes = 0
  /** Before protobuf: whether the batch of the next block is known to begin with it. */
  #atStart: boolean | undefined

  constructor(options: BatchAssemblerOptions) {
    const { generation, maxBlocksPerBatch = DEFAULT_MAX_BLOCKS, maxBytes = DEFAULT_MAX_BYTES } = options
    this.#generation = generation
    this.#maxBlocks = maxBlocksPerBatch
    this.#maxBytes = maxBytes
    this.#blocks = new BlockAssembler(options)
  }

  /**
   * Take the next entry; gives the batch that is complete with it, if one is.
   *
   * @throws {SequenceError} if it does not follow
   * @throws {AssemblyLimitError} if the open batch grows beyond the limits
   * @throws {SequencerEntryError} if its data cannot be read
   */
  push(entry: Entry): FullBatch | undefined {
    this.#atStart ??= entry.number === 0n || this.#isBatchBookmark(entry)
    const block = this.#blocks.push(entry)
    this.#grow(entry)
    const before = block && this.#addBlock(block, entry)
    switch (entryKind(entry.type, this.#generation)) {
      case 'batchStart':
        this.#startBatch(entry)
        return before
      case 'batchEnd':
        return this.#endBatch(entry)
      case 'updateGer':
        return this.#addGer(entry) ?? before
      default:
        return before
    }
  }
}

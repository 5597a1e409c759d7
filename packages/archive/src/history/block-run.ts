import type { Entry } from '@datastreamer/format'
import {
  BlockAssembler,
  type BlockLimits,
  entryKind,
  type FullL2Block,
  type Generation,
} from '@datastreamer/sequencer-entries'
import type { HistoryRun } from './history-run.ts'

/** Puts blocks together from consecutive runs, the first of which begins where a record does. */
export class BlockRun {
  readonly #assembler: BlockAssembler
  readonly #generation: Generation
  /** Of the batch that was open before the first entry, until another begins. */
  #forkId: bigint | undefined

  constructor({ forkId }: HistoryRun, generation: Generation, limits: BlockLimits) {
    this.#assembler = new BlockAssembler({ ...limits, generation })
    this.#generation = generation
    this.#forkId = forkId
  }

  /** Take the next entry; gives the block that is complete with it, if one is. */
  push(entry: Entry): FullL2Block | undefined {
    const block = this.#withFork(this.#assembler.push(entry))
    const kind = entryKind(entry.type, this.#generation)
    if (kind === 'batchStart' || kind === 'batchEnd') this.#forkId = undefined
    return block
  }

  /** The block that is open where an operation ends. */
  end(): FullL2Block | undefined {
    return this.#withFork(this.#assembler.end())
  }

  #withFork(block: FullL2Block | undefined): FullL2Block | undefined {
    return block && { ...block, forkId: block.forkId ?? this.#forkId }
  }
}

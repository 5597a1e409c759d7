import type { Entry } from '@datastreamer/format'
import {
  BlockAssembler,
  decodeSequencerEntry,
  type FullL2Block,
  type Generation,
} from '@datastreamer/sequencer-entries'
import { bookmarkOf } from '../source/bookmarks.ts'
import type { StreamSource } from '../source/stream-source.ts'

export interface BlocksOptions {
  readonly source: StreamSource
  readonly generation: Generation
  /** Whether the entries, where they end, end between two operations. */
  readonly endIsBoundary: boolean
}

/** The full blocks among runs of entries, in runs. */
export async function* blocksOf(
  batches: AsyncIterable<readonly Entry[]>,
  { source, generation, endIsBoundary }: BlocksOptions,
): AsyncGenerator<readonly FullL2Block[], void, void> {
  const assembler = new BlockAssembler({ generation })
  const forks = new ForkIds(source, generation)
  for await (const entries of batches) {
    const blocks: FullL2Block[] = []
    for (const entry of entries) {
      const block = assembler.push(entry)
      if (block !== undefined) blocks.push(await forks.complete(block))
    }
    if (blocks.length > 0) yield blocks
  }
  const last = endIsBoundary ? assembler.end() : undefined
  if (last !== undefined) yield [await forks.complete(last)]
}

/** Looks up the fork id of blocks whose batch began before the entries that were read. */
class ForkIds {
  readonly #source: StreamSource
  readonly #generation: Generation
  #known: { readonly batchNumber: bigint; readonly forkId: bigint | undefined } | undefined

  constructor(source: StreamSource, generation: Generation) {
    this.#source = source
    this.#generation = generation
  }

  async complete(block: FullL2Block): Promise<FullL2Block> {
    if (block.forkId !== undefined || this.#generation !== 'protobuf') return block
    const { batchNumber } = block
    if (this.#known?.batchNumber !== batchNumber) this.#known = { batchNumber, forkId: await this.#find(batchNumber) }
    return { ...block, forkId: this.#known.forkId }
  }

  async #find(batchNumber: bigint): Promise<bigint | undefined> {
    const entry = await this.#source.getFirstEventAfterBookmark(bookmarkOf('batch', batchNumber, this.#generation))
    const decoded = entry && decodeSequencerEntry(entry, this.#generation)
    return decoded?.kind === 'batchStart' && decoded.number === batchNumber ? decoded.forkId : undefined
  }
}

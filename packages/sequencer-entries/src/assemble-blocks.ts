import { BlockAssembler, type BlockAssemblerOptions } from './block-assembler.ts'
import { type EntryIterable, entriesOf } from './entry-iterable.ts'
import type { FullL2Block } from './full-block.ts'

export interface AssembleBlocksOptions extends BlockAssemblerOptions {
  /**
   * Whether the entries, where they end, end between two operations, as a file does at its committed end. A block that
   * is open there and has no end entry (genesis blocks, `sequencer-2023-09`) is complete then; by default it is not given.
   */
  readonly endIsBoundary?: boolean | undefined
}

/**
 * The full L2 blocks of a stream, each as soon as it is known to be complete. Entries may begin anywhere; a block whose
 * first entry was not seen is not given. Memory is bounded by one block.
 *
 * @throws {SequenceError} if entries do not follow each other
 * @throws {AssemblyLimitError} if a block is larger than the limits
 * @throws {SequencerEntryError} if an entry cannot be read
 * @see docs/spec/sequencer-entries.md §8
 */
export async function* assembleBlocks(
  entries: EntryIterable,
  options: AssembleBlocksOptions = {},
): AsyncGenerator<FullL2Block, void, void> {
  const assembler = new BlockAssembler(options)
  for await (const item of entries) {
    for (const entry of entriesOf(item)) {
      const block = assembler.push(entry)
      if (block !== undefined) yield block
    }
  }
  const last = options.endIsBoundary ? assembler.end() : undefined
  if (last !== undefined) yield last
}

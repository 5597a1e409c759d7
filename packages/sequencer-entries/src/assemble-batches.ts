import { BatchAssembler, type BatchAssemblerOptions, type FullBatch } from './batch-assembler.ts'
import { type EntryIterable, entriesOf } from './entry-iterable.ts'

/**
 * The whole batches of a stream, each as soon as it is complete. Entries may begin anywhere; a batch whose beginning was
 * not seen is not given, nor is one that is open where the entries end. Memory is bounded by one batch and one block.
 *
 * @throws {SequenceError} if entries do not follow each other
 * @throws {AssemblyLimitError} if a batch is larger than the limits
 * @throws {SequencerEntryError} if an entry cannot be read
 * @see docs/spec/sequencer-entries.md §8
 */
export async function* assembleBatches(
  entries: EntryIterable,
  options: BatchAssemblerOptions = {},
): AsyncGenerator<FullBatch, void, void> {
  const assembler = new BatchAssembler(options)
  for await (const item of entries) {
    for (const entry of entriesOf(item)) yield* assembler.push(entry)
  }
}

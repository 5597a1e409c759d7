import { E2FormatError } from '../../errors.ts'
import type { ByteSource } from '../../io/byte-source.ts'
import { type ArchiveOptions, BlockArchive } from '../archive/archive.ts'
import { checkOnlyIndex, openRows, readAccumulator } from '../archive/open.ts'

/**
 * Open an `.era1` file: blocks before the merge with bodies, receipts, total difficulties and an accumulator.
 *
 * @throws {E2FormatError} no Version record, no valid block index, or no accumulator before it
 * @see docs/spec/e2store-execution.md §8.1
 */
export async function openEra1(source: ByteSource, options: ArchiveOptions = {}): Promise<BlockArchive> {
  const layout = await openRows(source, 'era1')
  const accumulator = await readAccumulator(source, layout.indexPosition)
  if (accumulator === undefined) {
    await checkOnlyIndex(source, layout.indexPosition)
    const message = 'no accumulator record directly before the index'
    throw new E2FormatError('UNEXPECTED_TYPE', message, layout.indexPosition, 'open')
  }
  return new BlockArchive(source, { ...layout, accumulator }, options)
}

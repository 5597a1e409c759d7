import { E2FormatError } from '../../errors.ts'
import type { ByteSource } from '../../io/byte-source.ts'
import { type ArchiveOptions, BlockArchive } from '../archive/archive.ts'
import { MAX_BLOCKS } from '../archive/layout.ts'
import { openRows } from '../archive/open.ts'

export interface E2hsOptions extends ArchiveOptions {
  /** Number of blocks that the file must have (default 8192, as in the format). */
  readonly blocks?: number
}

/**
 * Open an `.e2hs` file: 8192 headers with proofs, bodies and receipts.
 *
 * @throws {E2FormatError} no Version record, no valid block index, or another number of blocks
 * @see docs/spec/e2store-execution.md §8.3
 */
export async function openE2hs(source: ByteSource, options: E2hsOptions = {}): Promise<BlockArchive> {
  const { blocks = MAX_BLOCKS } = options
  const layout = await openRows(source, 'e2hs')
  if (layout.count !== blocks) {
    const message = `index of ${layout.count} blocks, expected ${blocks}`
    throw new E2FormatError('BAD_COUNT', message, layout.indexPosition, 'open')
  }
  return new BlockArchive(source, layout, options)
}

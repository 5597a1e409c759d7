import { ContentError } from '../../errors.ts'
import type { BlockArchive } from '../archive/archive.ts'
import { type Columns, checkNumber } from '../archive/block.ts'
import { type Column, MAX_BLOCKS } from '../archive/layout.ts'

/** Consecutive blocks to write, as the contents of their records, such as {@link BlockArchive.iteratePayloads} gives. */
export interface BlockSource {
  /** Number of the first block. */
  readonly start: bigint
  /**
   * All blocks in order, with at least these columns. Called once for each section of a file, so that no section has to
   * be kept in memory.
   */
  read(columns: readonly Column[]): AsyncIterable<Columns<Uint8Array>> | Iterable<Columns<Uint8Array>>
}

/** The blocks of an open archive. */
export function blockSourceOf(archive: BlockArchive): BlockSource {
  return { start: archive.start, read: (columns) => archive.iteratePayloads({ columns }) }
}

/**
 * The rows of a source; throws `RangeError` for a missing column, more than 8192 blocks, or none.
 *
 * @param headerOf the header's RLP in a row, to check that numbers follow each other
 */
export async function* rowsOf(
  source: BlockSource,
  columns: readonly Column[],
  headerOf?: (row: Columns<Uint8Array>) => Uint8Array,
): AsyncGenerator<(column: Column) => Uint8Array, void, void> {
  let count = 0
  for await (const row of source.read(columns)) {
    if (count === MAX_BLOCKS) throw new RangeError(`a file holds at most ${MAX_BLOCKS} blocks`)
    const number = source.start + BigInt(count)
    if (headerOf) checkHeader(headerOf(row), number)
    yield (column) => {
      const content = row[column]
      if (content === undefined) throw new RangeError(`block ${number} has no ${column} to write`)
      return content
    }
    count++
  }
  if (count === 0) throw new RangeError('a file needs at least one block')
}

/** What is to be written is an argument, not a file: throw `RangeError`. */
function checkHeader(rlp: Uint8Array, number: bigint): void {
  try {
    checkNumber(rlp, number, 0)
  } catch (error) {
    if (!(error instanceof ContentError)) throw error
    throw new RangeError(`cannot write block ${number}: ${error.message}`, { cause: error })
  }
}

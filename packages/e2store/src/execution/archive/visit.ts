import { ARENA_BYTES, type BlockArchive, WINDOW_BYTES } from './archive.ts'
import { Arena } from './arena.ts'
import type { BlockPayloads } from './block.ts'
import type { Column } from './layout.ts'
import { columnIndices, RowDecoder } from './row-decoder.ts'
import { type Row, RowReader, rowWindow } from './row-reader.ts'

export interface Visitor {
  /** Columns to read (default: all). The header is always read. */
  readonly columns?: readonly Column[]
  /** Called with the records of a block before they are decompressed. A promise is awaited. */
  readonly before?: (row: Row) => Promise<void> | undefined
  /** Called with one or more blocks, in order. */
  readonly visit: (blocks: readonly BlockPayloads[]) => void
}

/** Most blocks in one call: the same work on several in a row is faster. */
const BATCH = 8

/**
 * Call `visit` with the blocks of an archive in order, decompressed; their memory is reused for the next ones.
 *
 * The number in the header is not compared with the index: `visit` has to do that. Throws as
 * `BlockArchive.iteratePayloads`, and what the visitor throws.
 */
export async function visitPayloads(
  { source, layout, options }: BlockArchive,
  { columns, before, visit }: Visitor,
): Promise<void> {
  const window = { ...rowWindow(layout, options), readAheadBytes: WINDOW_BYTES }
  const rows = new RowReader(source, layout, window, { columns: columns ?? layout.columns, windowBytes: WINDOW_BYTES })
  const arena = new Arena(ARENA_BYTES)
  const decoder = new RowDecoder(columnIndices(layout), arena, options)
  let blocks: BlockPayloads[] = []
  const flush = (): void => {
    const batch = blocks
    blocks = []
    if (batch.length > 0) visit(batch)
    arena.reuse()
  }
  for (let index = 0; index < layout.count; index++) {
    try {
      let row = rows.take(index)
      if (row === undefined) {
        flush()
        row = await rows.read(index)
      }
      const waiting = before?.(row)
      if (waiting !== undefined) await waiting
      blocks.push(decoder.payloads(layout.start + BigInt(index), row))
    } catch (error) {
      // Errors of the blocks before this one come first.
      flush()
      throw error
    }
    if (blocks.length === BATCH || arena.taken > ARENA_BYTES / 2) flush()
  }
  flush()
}

import { ARENA_BYTES, type BlockArchive, WINDOW_BYTES } from './archive.ts'
import { Arena } from './arena.ts'
import type { BlockPayloads } from './block.ts'
import { columnPlaces, RowDecoder } from './row-decoder.ts'
import { type Row, RowReader } from './row-reader.ts'

export interface Visitor {
  /** Sees the records of a block before anything is made of them. What it returns is waited for. */
  readonly before: (row: Row) => Promise<void> | undefined
  /** Sees one block or more, in order. */
  readonly visit: (blocks: readonly BlockPayloads[]) => void
}

/** Blocks that are shown together at most: doing the same to several of them one after another is faster. */
const TOGETHER = 8

/**
 * Call `visit` with the blocks of an archive in order, decompressed; their memory is used again for the next ones.
 *
 * The number in the header is not compared with the index: that is up to `visit`, which has to decode the header.
 * Throws as `BlockArchive.iteratePayloads`, and what the visitor throws.
 */
export async function visitPayloads(
  { source, layout, options }: BlockArchive,
  { before, visit }: Visitor,
): Promise<void> {
  const { columns } = layout
  const rows = new RowReader(source, layout, { ...options, columns, windowBytes: WINDOW_BYTES, transient: true })
  const arena = new Arena(ARENA_BYTES)
  const decoder = new RowDecoder(columnPlaces(layout), arena, options)
  let blocks: BlockPayloads[] = []
  const show = (): void => {
    const shown = blocks
    blocks = []
    if (shown.length > 0) visit(shown)
    arena.reuse()
  }
  for (let index = 0; index < layout.count; index++) {
    try {
      let row = rows.take(index)
      if (row === undefined) {
        show()
        row = await rows.read(index)
      }
      const waiting = before(row)
      if (waiting !== undefined) await waiting
      blocks.push(decoder.payloads(layout.start + BigInt(index), row))
    } catch (error) {
      // What is wrong with the blocks before this one comes first.
      show()
      throw error
    }
    if (blocks.length === TOGETHER || arena.taken > ARENA_BYTES / 2) show()
  }
  show()
}

import { ARENA_BYTES, type BlockArchive, WINDOW_BYTES } from './archive.ts'
import { Arena } from './arena.ts'
import type { BlockPayloads } from './block.ts'
import { type RecordAccess, regionOptions, sequential } from './record-access.ts'
import { columnPlaces, RowDecoder } from './row-decoder.ts'
import { type Row, RowReader } from './row-reader.ts'

export interface Visitor {
  /** Sees the records of a block before anything is made of them. What it returns is waited for. */
  readonly before: (row: Row) => Promise<void> | undefined
  readonly visit: (payloads: BlockPayloads) => void
}

/**
 * Call `visit` for each block of an archive in order, decompressed; its memory is used again for the next block.
 *
 * The number in the header is not compared with the index: that is up to `visit`, which has to decode the header.
 * Throws as `BlockArchive.iteratePayloads`, and what the visitor throws.
 */
export async function visitPayloads(
  { source, layout, options }: BlockArchive,
  { before, visit }: Visitor,
): Promise<void> {
  const region = regionOptions(layout, options)
  const opened = layout.columns
    .slice(0, layout.rowwise ? 1 : undefined)
    .map(() => sequential(source, WINDOW_BYTES, region))
  const access = layout.columns.map((_, column) => opened[layout.rowwise ? 0 : column] as RecordAccess)
  const rows = new RowReader(layout, access, layout.columns)
  const arena = new Arena(ARENA_BYTES)
  const decoder = new RowDecoder(columnPlaces(layout), arena, options)
  for (let index = 0; index < layout.count; index++) {
    arena.reuse()
    for (const column of opened) column.release()
    const row = rows.peek(index) ?? (await rows.read(index))
    const waiting = before(row)
    if (waiting !== undefined) await waiting
    visit(decoder.payloads(layout.start + BigInt(index), row))
  }
}

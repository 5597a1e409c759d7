import { defaultHashes } from '../../hash/hashes.ts'
import { encodeBlockIndex, type OffsetBase } from '../../index-records/block-index.ts'
import type { ByteSink } from '../../io/byte-sink.ts'
import type { Columns } from '../archive/block.ts'
import { type Column, columnsOf, MAX_BLOCKS } from '../archive/layout.ts'
import { decodeHeaderWithProof } from '../blocks/header-with-proof.ts'
import { nameId } from '../names.ts'
import { type BlockSource, rowsOf } from '../write/block-source.ts'
import { ColumnWriter, type WriteOptions, type WrittenArchive } from '../write/column-writer.ts'

export interface WriteE2hsOptions extends WriteOptions {
  /** What offsets of the index count from: `file` (default) in published files, `record` in the specification. */
  readonly indexBase?: Exclude<OffsetBase, 'entry'>
  /** Number of blocks that the file must have (default 8192, as in the format). */
  readonly blocks?: number
}

/**
 * Write an `.e2hs` file in one pass: 8192 blocks with header and proof, body and receipts.
 *
 * @throws {RangeError} blocks that do not follow each other, lack a column, or are not 8192
 * @see docs/spec/e2store-execution.md §8.3
 */
export async function writeE2hs(
  sink: ByteSink,
  source: BlockSource,
  options: WriteE2hsOptions = {},
): Promise<WrittenArchive> {
  const { indexBase = 'file', blocks = MAX_BLOCKS } = options
  const { keccak256 } = defaultHashes()
  const writer = new ColumnWriter(sink, 'e2hs', options)
  const columns: readonly Column[] = columnsOf('e2hs')
  const targets: number[] = []
  let lastHeader: Uint8Array = new Uint8Array(0)
  const headerOf = (row: Columns<Uint8Array>): Uint8Array =>
    decodeHeaderWithProof(row.header ?? new Uint8Array(0)).header
  await writer.version()
  for await (const content of rowsOf(source, columns, headerOf)) {
    for (const column of columns) {
      const position = await writer.write(column, content(column))
      if (column === 'header') targets.push(position)
    }
    lastHeader = decodeHeaderWithProof(content('header')).header
  }
  if (targets.length !== blocks) throw new RangeError(`the file would have ${targets.length} blocks, not ${blocks}`)
  await sink.write(encodeBlockIndex({ position: writer.position, start: source.start, targets, base: indexBase }))
  const era = Number(source.start / BigInt(MAX_BLOCKS))
  return { identity: { kind: 'e2hs', era, id: nameId(keccak256(lastHeader)), profile: [] }, count: targets.length }
}

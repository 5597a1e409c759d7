import { HeaderAccumulator } from '../../accumulator/header-accumulator.ts'
import { defaultHashes } from '../../hash/hashes.ts'
import { encodeBlockIndex } from '../../index-records/block-index.ts'
import type { ByteSink } from '../../io/byte-sink.ts'
import { type Column, columnsOf, MAX_BLOCKS } from '../archive/layout.ts'
import { nameId } from '../names.ts'
import { type BlockSource, rowsOf } from '../write/block-source.ts'
import { ColumnWriter, type WriteOptions, type WrittenArchive } from '../write/column-writer.ts'

/**
 * Write an `.era1` file of up to 8192 blocks with header, body, receipts and total difficulty, in one pass. The
 * accumulator is computed.
 *
 * @throws {RangeError} blocks that do not follow each other, or that lack a column
 * @see docs/spec/e2store-execution.md §8.1
 */
export async function writeEra1(
  sink: ByteSink,
  source: BlockSource,
  options: WriteOptions = {},
): Promise<WrittenArchive> {
  const hashes = defaultHashes()
  const writer = new ColumnWriter(sink, 'era1', options)
  const accumulator = new HeaderAccumulator(hashes)
  const columns: readonly Column[] = columnsOf('era1')
  const targets: number[] = []
  await writer.version()
  for await (const content of rowsOf(source, columns, ({ header = new Uint8Array(0) }) => header)) {
    accumulator.add(hashes.keccak256(content('header')), content('totalDifficulty'))
    for (const column of columns) {
      const position = await writer.write(column, content(column))
      if (column === 'header') targets.push(position)
    }
  }
  const root = accumulator.root()
  await writer.accumulator(root)
  await sink.write(encodeBlockIndex({ position: writer.position, start: source.start, targets, base: 'record' }))
  const era = Number(source.start / BigInt(MAX_BLOCKS))
  return {
    identity: { kind: 'era1', era, id: nameId(root), profile: [] },
    count: targets.length,
    accumulator: root,
  }
}

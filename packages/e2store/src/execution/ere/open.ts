import { E2FormatError } from '../../errors.ts'
import { type DynamicBlockIndex, readDynamicBlockIndex } from '../../index-records/dynamic-block-index.ts'
import type { ByteSource } from '../../io/byte-source.ts'
import { readRecordHeader } from '../../records/record.ts'
import { describeType } from '../../records/record-type.ts'
import { type ArchiveOptions, BlockArchive } from '../archive/archive.ts'
import { type Column, columnsOf, columnType } from '../archive/layout.ts'
import { checkNumbers, checkVersion, readAccumulator } from '../archive/open.ts'

/**
 * Open an `.ere` (`.erae`) file: sections of headers, bodies and, optionally, slim receipts, proofs and total
 * difficulties.
 *
 * The records that the first row of the index points at show which columns there are.
 *
 * @throws {E2FormatError} no Version record, no valid index, or a first row that does not point at a header, a body and
 * optional columns in order
 * @see docs/spec/e2store-execution.md §8.2
 */
export async function openEre(source: ByteSource, options: ArchiveOptions = {}): Promise<BlockArchive> {
  await checkVersion(source)
  const index = await readDynamicBlockIndex(source)
  const { start, count, position } = index
  checkNumbers(start, count, position)
  const columns = await readColumns(source, index)
  const accumulator = await readAccumulator(source, position)
  const layout = {
    ...({ kind: 'ere', start, count, columns, indexPosition: position, rowwise: false } as const),
    target: (i: number, column: number): number => index.target(i, column),
    entryPosition: (i: number, column: number): number => index.field(i, column),
    ...(accumulator && { accumulator }),
  }
  return new BlockArchive(source, layout, options)
}

async function readColumns(source: ByteSource, index: DynamicBlockIndex): Promise<Column[]> {
  const known = columnsOf('ere')
  const columns: Column[] = []
  let next = 0
  for (let component = 0; component < index.components; component++) {
    const target = index.target(0, component, 'open')
    const { type } = await readRecordHeader(source, target, { end: index.position, step: 'open' })
    const found = known.findIndex((column, i) => i >= next && columnType('ere', column) === type)
    if (found < 0 || (component < 2 && found !== component)) {
      const message = `component ${component} of the index points at a ${describeType(type)} record`
      throw new E2FormatError('BAD_INDEX', message, index.field(0, component), 'open')
    }
    columns.push(known[found] as Column)
    next = found + 1
  }
  if (columns.length < 2) {
    throw new E2FormatError('BAD_INDEX', 'index without a column of bodies', index.position, 'open')
  }
  return columns
}

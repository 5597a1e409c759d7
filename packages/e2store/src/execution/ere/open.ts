import { E2FormatError } from '../../errors.ts'
import { readDynamicBlockIndex } from '../../index-records/dynamic-block-index.ts'
import type { ByteSource } from '../../io/byte-source.ts'
import { type ArchiveOptions, BlockArchive } from '../archive/archive.ts'
import type { Deviation } from '../archive/deviation.ts'
import { type Column, columnsOf } from '../archive/layout.ts'
import { checkNumbers, checkOnlyIndex, checkVersion, readAccumulator } from '../archive/open.ts'
import { readColumns } from './columns.ts'

/**
 * Open an `.ere` (`.erae`) file: sections of headers, bodies and, optionally, slim receipts, proofs and total
 * difficulties.
 *
 * The records that the first row of the index points at show which columns there are, and in which order.
 *
 * @throws {E2FormatError} no Version record, no valid index, or a first row that does not point at a header, a body and
 * at most one record of each optional column
 * @see docs/spec/e2store-execution.md §8.2
 */
export async function openEre(source: ByteSource, options: ArchiveOptions = {}): Promise<BlockArchive> {
  await checkVersion(source)
  const index = await readDynamicBlockIndex(source)
  const { start, count, position } = index
  checkNumbers(start, count, position)
  const order = await readColumns(source, index).catch(async (error: unknown) => {
    if (error instanceof E2FormatError) await checkOnlyIndex(source, position)
    throw error
  })
  const columns = columnsOf('ere').filter((column) => order.includes(column))
  const components = columns.map((column) => order.indexOf(column))
  const component = (column: number): number => components[column] ?? column
  const accumulator = await readAccumulator(source, position)
  const layout = {
    ...({ kind: 'ere', start, count, columns, indexPosition: position, rowwise: false } as const),
    deviations: components.every((at, column) => at === column) ? [] : [otherOrder(order, index.field(0))],
    target: (i: number, column: number): number => index.target(i, component(column)),
    entryPosition: (i: number, column: number): number => index.field(i, component(column)),
    ...(accumulator && { accumulator }),
  }
  return new BlockArchive(source, layout, options)
}

function otherOrder(order: readonly Column[], position: number): Deviation {
  return { code: 'INDEX_ORDER', message: `order of the index columns: ${order.join(', ')}`, position }
}

import { E2FormatError } from '../../errors.ts'
import type { DynamicBlockIndex } from '../../index-records/dynamic-block-index.ts'
import type { ByteSource } from '../../io/byte-source.ts'
import { readRecordHeader } from '../../records/record.ts'
import { describeType } from '../../records/record-type.ts'
import { type Column, columnsOf, columnType } from '../archive/layout.ts'
import { inferColumns } from './infer-columns.ts'

const REQUIRED: readonly Column[] = ['header', 'body']

/**
 * The columns of an index in its own order, by the types of the records that its first row points at. Where reading those
 * would take requests, they are inferred if they can be only one.
 *
 * @throws {E2FormatError} `BAD_INDEX`
 */
export async function readColumns(source: ByteSource, index: DynamicBlockIndex): Promise<readonly Column[]> {
  const bad = (message: string, component: number): E2FormatError =>
    new E2FormatError('BAD_INDEX', message, index.field(0, component), 'open')
  const inferred = inferColumns(source, index)
  if (inferred !== undefined) return inferred
  const order: Column[] = []
  for (let component = 0; component < index.components; component++) {
    const target = index.target(0, component, 'open')
    const { type } = await readRecordHeader(source, target, { end: index.position, step: 'open' })
    const column = columnsOf('ere').find((each) => columnType('ere', each) === type)
    if (column === undefined) {
      throw bad(`column ${component} of the index points at a ${describeType(type)} record`, component)
    }
    const before = order.indexOf(column)
    if (before >= 0) throw bad(`columns ${before} and ${component} of the index both have ${column} records`, component)
    order.push(column)
  }
  for (const column of REQUIRED) {
    if (order.includes(column)) continue
    throw bad(`the index has no column of ${column} records, only ${order.join(', ')}`, 0)
  }
  return order
}

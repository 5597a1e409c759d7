import { E2FormatError } from '../../errors.ts'
import type { DynamicBlockIndex } from '../../index-records/dynamic-block-index.ts'
import type { ByteSource } from '../../io/byte-source.ts'
import { typeAt } from '../../io/little-endian.ts'
import { RECORD_HEADER_BYTES } from '../../records/record.ts'
import { type Column, columnsOf, columnType } from '../archive/layout.ts'

/** A whole record of a total difficulty. */
const DIFFICULTY_BYTES = RECORD_HEADER_BYTES + 32
/** What whole records of proofs take: some 15 to 30 hashes. */
const PROOF_BYTES = { min: 200, max: 1100 }

/** Sections of a file in the orders that they are written in. */
const ORDERS: readonly (readonly Column[])[] = [
  ['header', 'body', 'receipts', 'totalDifficulty', 'proof'],
  ['header', 'body', 'receipts', 'proof', 'totalDifficulty'],
]

/** What is known of a component of the index without a request. */
interface Known {
  readonly component: number
  readonly start: number
  /** By a record of it that is in memory. */
  readonly column: Column | undefined
  readonly mayBeProofs: boolean
  readonly mayBeDifficulties: boolean
}

/**
 * The columns of an index in its own order, without any request: by the records that are in memory anyway, the sizes of
 * records that the index shows, and the order of the sections in the file. `undefined` if that leaves a choice, or the
 * source says nothing of what is in memory: then the records have to be read.
 *
 * The type of each record is checked again when it is read.
 */
export function inferColumns(source: ByteSource, index: DynamicBlockIndex): readonly Column[] | undefined {
  if (source.peek === undefined) return undefined
  const known: Known[] = []
  try {
    for (let component = 0; component < index.components; component++) known.push(look(source, index, component))
  } catch (error) {
    // Whoever reads the records says what is wrong with the index.
    if (error instanceof E2FormatError) return undefined
    throw error
  }
  known.sort((a, b) => a.start - b.start)
  const fitting = new Map<string, readonly Column[]>()
  for (const sections of possibleSections(known.length)) {
    if (known.every((each, i) => fits(each, sections[i] as Column))) fitting.set(sections.join(), sections)
  }
  const [sections, another] = fitting.values()
  if (sections === undefined || another !== undefined) return undefined
  const columns: Column[] = []
  for (const [i, { component }] of known.entries()) columns[component] = sections[i] as Column
  return columns
}

/** Sections that a file can have, if there are so many: always headers and bodies. */
function possibleSections(count: number): Column[][] {
  const optional = columnsOf('ere').slice(2)
  const choices = Array.from({ length: 2 ** optional.length }, (_, bits) =>
    optional.filter((_column, i) => (bits >> i) & 1),
  ).filter((chosen) => chosen.length + 2 === count)
  return ORDERS.flatMap((order) => choices.map((chosen) => order.filter((each, i) => i < 2 || chosen.includes(each))))
}

function fits({ column, mayBeProofs, mayBeDifficulties }: Known, as: Column): boolean {
  if (column !== undefined) return column === as
  if (as === 'proof') return mayBeProofs
  return (as === 'totalDifficulty') === mayBeDifficulties
}

function look(source: ByteSource, index: DynamicBlockIndex, component: number): Known {
  const last = index.count - 1
  const start = index.target(0, component, 'open')
  let mayBeProofs = true
  let mayBeDifficulties = true
  for (let i = 0; i < last; i++) {
    const bytes = index.offset(i + 1, component, 'open') - index.offset(i, component, 'open')
    if (bytes < PROOF_BYTES.min || bytes > PROOF_BYTES.max) mayBeProofs = false
    if (bytes !== DIFFICULTY_BYTES) mayBeDifficulties = false
  }
  const column = columnAt(source, start) ?? columnAt(source, index.target(last, component, 'open'))
  return { component, start, column, mayBeProofs, mayBeDifficulties }
}

/** The column that a record belongs to by its type, if its header is in memory. */
function columnAt(source: ByteSource, position: number): Column | undefined {
  const header = source.peek?.(position, RECORD_HEADER_BYTES)
  if (header === undefined) return undefined
  const type = typeAt(header, 0)
  return columnsOf('ere').find((column) => columnType('ere', column) === type)
}

import { E2FormatError } from '../../errors.ts'
import { describeType, RecordType } from '../../records/record-type.ts'
import type { Deviation } from './deviation.ts'

/** The formats that hold ranges of blocks: `.era1`, `.ere` (also `.erae`), `.e2hs`. */
export type ArchiveKind = 'era1' | 'ere' | 'e2hs'

/** The parts of a block in an archive. */
export type Column = 'header' | 'body' | 'receipts' | 'totalDifficulty' | 'proof'

/** Largest number of blocks in a file. */
export const MAX_BLOCKS = 8192

const TYPES: Readonly<Record<ArchiveKind, Readonly<Partial<Record<Column, number>>>>> = {
  era1: {
    header: RecordType.CompressedHeader,
    body: RecordType.CompressedBody,
    receipts: RecordType.CompressedReceipts,
    totalDifficulty: RecordType.TotalDifficulty,
  },
  ere: {
    header: RecordType.CompressedHeader,
    body: RecordType.CompressedBody,
    receipts: RecordType.CompressedSlimReceipts,
    totalDifficulty: RecordType.TotalDifficulty,
    proof: RecordType.Proof,
  },
  e2hs: {
    header: RecordType.CompressedHeaderWithProof,
    body: RecordType.CompressedBody,
    receipts: RecordType.CompressedReceipts,
  },
}

/** The columns that a kind of archive can have, in the order that the format has for the index. */
export function columnsOf(kind: ArchiveKind): Column[] {
  return Object.keys(TYPES[kind]) as Column[]
}

/** The type of the records of a column; `undefined` for a column that the kind does not have. */
export function columnType(kind: ArchiveKind, column: Column): number | undefined {
  return TYPES[kind][column]
}

/** Where the blocks of an open archive are. */
export interface Layout {
  readonly kind: ArchiveKind
  /** Number of the first block. */
  readonly start: bigint
  readonly count: number
  /** The columns that the file has, in the order of the format, whatever order its index has. */
  readonly columns: readonly Column[]
  /** What opening found to be otherwise than the format says. */
  readonly deviations: readonly Deviation[]
  /** Where the index record begins, after all blocks. */
  readonly indexPosition: number
  /** The accumulator record directly before the index. */
  readonly accumulator?: { readonly position: number; readonly root: Uint8Array }
  /**
   * Where the record of a column of a block begins, by the index. Where the index has headers only, column is 0.
   *
   * @throws {E2FormatError} `BAD_TARGET`, `BAD_INTEGER`, `BAD_INDEX`
   */
  readonly target: (index: number, column: number) => number
  /** Position in the file of the index entry that {@link target} reads. */
  readonly entryPosition: (index: number, column: number) => number
  /** Whether the records of a block are consecutive and the index points at the header only. */
  readonly rowwise: boolean
}

/** The type of the records of a column that the file has. */
export function typeInLayout({ kind }: Layout, column: Column): number {
  const type = columnType(kind, column)
  if (type === undefined) throw new RangeError(`${kind} files have no column ${column}`)
  return type
}

/** Throw unless a record is of the type of its column. */
export function checkType(layout: Layout, column: Column, type: number, position: number): void {
  const expected = typeInLayout(layout, column)
  if (type === expected) return
  const message = `${describeType(type)} record, expected ${describeType(expected)}`
  throw new E2FormatError('UNEXPECTED_TYPE', message, position, 'read')
}

import { E2FormatError, type Step } from '../errors.ts'
import type { ByteSource } from '../io/byte-source.ts'
import { putI64, putU64, safeI64, u64 } from '../io/little-endian.ts'
import { decodeRecordHeader, encodeRecordHeader, expectType, RECORD_HEADER_BYTES } from '../records/record.ts'

/** What an index record holds, whichever of the three it is: a first number, and rows of stored offsets. */
export interface OffsetTable {
  /** Position that stored values are relative to: where the record begins. */
  readonly position: number
  /** Where the record ends. */
  readonly end: number
  /** Slot or block number of row 0. */
  readonly start: bigint
  readonly rows: number
  readonly columns: number
  /** The stored offsets, row by row, eight bytes each. */
  readonly values: Uint8Array
}

export interface TableShape {
  readonly type: number
  /** Bytes behind the offsets: the row count, before it the column count if there is one. */
  readonly footBytes: 8 | 16
  readonly maxRows: number
  readonly maxColumns: number
}

const START_BYTES = 8

function invalid(code: 'BAD_COUNT' | 'BAD_LENGTH' | 'BAD_INDEX', message: string, position: number, step: Step): never {
  throw new E2FormatError(code, message, position, step)
}

/** Where the values of a table begin. */
export function valuesPosition(table: Pick<OffsetTable, 'position'>): number {
  return table.position + RECORD_HEADER_BYTES + START_BYTES
}

/**
 * The index record that ends at `end`, found from the count in its last bytes.
 *
 * Counts are checked against the bytes there are, and multiplied only then.
 *
 * @param from where the region begins that the record has to lie in
 * @throws {E2FormatError} `BAD_COUNT`, `BAD_LENGTH`, `UNEXPECTED_TYPE`, `RESERVED_NOT_ZERO`
 * @see docs/spec/e2store.md §5.1
 */
export async function readTable(
  source: ByteSource,
  end: number,
  { type, footBytes, maxRows, maxColumns }: TableShape,
  { from = 0, step = 'open' }: { readonly from?: number; readonly step?: Step } = {},
): Promise<OffsetTable> {
  const fixed = RECORD_HEADER_BYTES + START_BYTES + footBytes
  const room = end - from - fixed
  if (room < 8) invalid('BAD_INDEX', `${end - from} bytes cannot hold an index`, from, step)
  const foot = await source.read(end - footBytes, footBytes)
  const count = (at: number, max: number): number => {
    const value = u64(foot, at)
    const most = Math.min(max, Math.floor(room / 8))
    if (value < 1n || value > BigInt(most)) {
      invalid('BAD_COUNT', `index count ${value}, expected 1 to ${most}`, end - footBytes + at, step)
    }
    return Number(value)
  }
  const columns = footBytes === 16 ? count(0, maxColumns) : 1
  const rows = count(footBytes - 8, maxRows)
  const bytes = 8 * rows * columns
  if (bytes > room) {
    invalid('BAD_COUNT', `index of ${rows} rows of ${columns} does not fit in ${end - from} bytes`, end - 8, step)
  }
  const position = end - fixed - bytes
  const record = await source.read(position, end - position)
  const header = decodeRecordHeader(record, 0, position, { step })
  expectType(header, type, step)
  if (header.end !== end) {
    invalid(
      'BAD_LENGTH',
      `index record of ${header.length} bytes ends at ${header.end}, expected ${end}`,
      position,
      step,
    )
  }
  return tableFrom(record, { position, rows, columns })
}

/** A table over a whole index record in memory, whose counts have been checked. */
export function tableFrom(
  record: Uint8Array,
  { position, rows, columns }: Pick<OffsetTable, 'position' | 'rows' | 'columns'>,
): OffsetTable {
  const at = RECORD_HEADER_BYTES + START_BYTES
  return {
    position,
    end: position + record.length,
    start: u64(record, RECORD_HEADER_BYTES),
    rows,
    columns,
    values: record.subarray(at, at + 8 * rows * columns),
  }
}

/**
 * The offset stored in a row, as it stands.
 *
 * @throws {E2FormatError} `BAD_INTEGER` beyond ±(2^53 - 1)
 * @throws {RangeError} there is no such row or column
 */
export function storedOffset(table: OffsetTable, row: number, column: number, step: Step): number {
  if (!(row >= 0 && row < table.rows && column >= 0 && column < table.columns)) {
    throw new RangeError(`no entry ${row}, ${column} in an index of ${table.rows} rows of ${table.columns}`)
  }
  const at = 8 * (row * table.columns + column)
  const value = safeI64(table.values, at)
  if (value === undefined) {
    throw new E2FormatError('BAD_INTEGER', 'offset beyond 2^53', valuesPosition(table) + at, step)
  }
  return value
}

/**
 * Throw `BAD_TARGET` unless a record can begin at `target`: at or behind `from`, with its header before `to`.
 *
 * @param field position of the offset, for the message
 */
export function checkTarget(target: number, from: number, to: number, field: number, step: Step): number {
  if (!(target >= from && target + RECORD_HEADER_BYTES <= to)) {
    throw new E2FormatError('BAD_TARGET', `index points at ${target}, expected ${from} to ${to - 8}`, field, step)
  }
  return target
}

/** Encode an index record from the values as they are stored. */
export function encodeTable(
  type: number,
  start: bigint,
  rows: readonly (readonly number[])[],
  columns?: number,
): Uint8Array {
  const width = columns ?? 1
  const foot = columns === undefined ? 8 : 16
  const at = RECORD_HEADER_BYTES + START_BYTES
  const out = new Uint8Array(at + 8 * rows.length * width + foot)
  out.set(encodeRecordHeader(type, out.length - RECORD_HEADER_BYTES))
  putU64(out, RECORD_HEADER_BYTES, start)
  for (const [r, row] of rows.entries()) {
    if (row.length !== width) throw new RangeError(`row ${r} has ${row.length} offsets, expected ${width}`)
    for (const [c, value] of row.entries()) {
      if (!Number.isSafeInteger(value)) throw new RangeError(`offset ${value} is not a safe integer`)
      putI64(out, at + 8 * (r * width + c), value)
    }
  }
  if (columns !== undefined) putI64(out, out.length - 16, columns)
  putI64(out, out.length - 8, rows.length)
  return out
}

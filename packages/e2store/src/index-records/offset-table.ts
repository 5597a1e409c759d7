import { E2FormatError, type Step } from '../errors.ts'
import type { ByteSource } from '../io/byte-source.ts'
import { equalBytes } from '../io/bytes.ts'
import { putI64, putU64, safeI64, typeAt, u64 } from '../io/little-endian.ts'
import { decodeRecordHeader, encodeRecordHeader, RECORD_HEADER_BYTES } from '../records/record.ts'
import { describeType } from '../records/record-type.ts'
import { indexEndingAt, noIndexError } from './end-of-file.ts'

/** An index record in memory whose counts have been checked. */
export interface TableRecord {
  /** Where the record begins in the file. */
  readonly position: number
  /** The whole record. */
  readonly bytes: Uint8Array
  readonly rows: number
  readonly columns: number
}

export interface TableShape {
  readonly type: number
  /** Bytes after the offsets: the row count, before it the column count if there is one. */
  readonly footBytes: 8 | 16
  readonly maxRows: number
  readonly maxColumns: number
}

const START_BYTES = 8
/** Bytes of a record before its offsets. */
const HEAD_BYTES = RECORD_HEADER_BYTES + START_BYTES

/** What the three index records have in common: a first number, and a row of offsets for each number from there on. */
export class OffsetTable {
  /** Where the record begins. */
  readonly position: number
  /** Where the record ends. */
  readonly end: number
  /** Slot or block number of the first entry. */
  readonly start: bigint
  /** Slots or blocks. */
  readonly count: number
  /** Offsets of each. */
  readonly components: number
  readonly #bytes: Uint8Array

  constructor({ position, bytes, rows, columns }: TableRecord) {
    this.position = position
    this.end = position + bytes.length
    this.start = u64(bytes, RECORD_HEADER_BYTES)
    this.count = rows
    this.components = columns
    this.#bytes = bytes
  }

  /** Position in the file of the offset of component `c` of entry `i`. */
  field(i: number, c = 0): number {
    return this.position + this.#at(i, c)
  }

  /**
   * The stored offset of component `c` of entry `i`.
   *
   * @throws {E2FormatError} `BAD_INTEGER` beyond ±(2^53 - 1)
   * @throws {RangeError} there is no such entry or component
   */
  offset(i: number, c = 0, step: Step = 'read'): number {
    if (!(i >= 0 && i < this.count && c >= 0 && c < this.components)) {
      throw new RangeError(`no entry ${i}, ${c} in an index of ${this.count} entries of ${this.components}`)
    }
    const value = this.decode(this.#bytes, this.#at(i, c))
    if (value === undefined) throw new E2FormatError('BAD_INTEGER', 'offset beyond 2^53', this.field(i, c), step)
    return value
  }

  /** The offset whose eight bytes are at `at`; `undefined` beyond ±(2^53 - 1). */
  protected decode(bytes: Uint8Array, at: number): number | undefined {
    return safeI64(bytes, at)
  }

  #at(i: number, c: number): number {
    return HEAD_BYTES + 8 * (i * this.components + c)
  }
}

/** Where the offsets of an index record begin. */
export function offsetsPosition(position: number): number {
  return position + HEAD_BYTES
}

/** Where an index record may be: from `from` to `end`. */
interface TableRegion {
  /** Where the region begins that the record must be in (default 0). */
  readonly from?: number
  readonly step?: Step
}

/** The counts at the end of an index as they are there, and the largest that the space before them allows. */
interface Counts {
  readonly rows: bigint
  readonly columns: bigint
  readonly most: number
}

async function readCounts(source: ByteSource, end: number, { footBytes }: TableShape, from: number): Promise<Counts> {
  const foot = await source.read(end - footBytes, footBytes)
  const columns = footBytes === 16 ? u64(foot, 0) : 1n
  return { rows: u64(foot, footBytes - 8), columns, most: Math.floor((end - from - HEAD_BYTES - footBytes) / 8) }
}

/** Where the record begins that these counts belong to; `undefined` if no index has such counts. */
function tablePosition({ rows, columns, most }: Counts, end: number, shape: TableShape): number | undefined {
  if (rows < 1n || rows > BigInt(shape.maxRows) || columns < 1n || columns > BigInt(shape.maxColumns)) return undefined
  const offsets = Number(rows * columns)
  return offsets > most ? undefined : end - HEAD_BYTES - shape.footBytes - 8 * offsets
}

/** Whether an index record of this shape ends at `end`, by its counts and its header. */
export async function hasTable(source: ByteSource, end: number, shape: TableShape): Promise<boolean> {
  if (end < HEAD_BYTES + shape.footBytes + 8) return false
  const position = tablePosition(await readCounts(source, end, shape, 0), end, shape)
  if (position === undefined) return false
  const header = encodeRecordHeader(shape.type, end - position - RECORD_HEADER_BYTES)
  return equalBytes(await source.read(position, RECORD_HEADER_BYTES), header)
}

/**
 * The index record that ends at `end`, found from the count in its last bytes.
 *
 * Counts are checked against the bytes there are, and multiplied only then.
 *
 * @throws {E2FormatError} `BAD_COUNT`, `BAD_LENGTH`, `BAD_INDEX`, `UNEXPECTED_TYPE`, `RESERVED_NOT_ZERO`
 * @see docs/spec/e2store.md §5.1
 */
export async function readTable(
  source: ByteSource,
  end: number,
  shape: TableShape,
  { from = 0, step = 'open' }: TableRegion = {},
): Promise<TableRecord> {
  const { type } = shape
  if (end - from < HEAD_BYTES + shape.footBytes + 8) {
    throw new E2FormatError('BAD_INDEX', `${end - from} bytes cannot hold a ${describeType(type)} record`, from, step)
  }
  const counts = await readCounts(source, end, shape, from)
  const position = tablePosition(counts, end, shape)
  if (position === undefined) throw await countError(source, { counts, from, end, shape, step })
  const bytes = await source.read(position, end - position)
  if (typeAt(bytes, 0) !== type) {
    const found = await indexEndingAt(source, end, from)
    if (found?.type !== type) throw await noIndexError(source, { from, end, type, step })
    const message = `index count ${counts.rows} leads to byte ${position}, the index begins at ${found.position}`
    throw new E2FormatError('UNEXPECTED_TYPE', message, position, step)
  }
  const header = decodeRecordHeader(bytes, 0, position, { step })
  if (header.end !== end) {
    const message = `index record of ${header.length} bytes ends at ${header.end}, expected ${end}`
    throw new E2FormatError('BAD_LENGTH', message, position, step)
  }
  return { position, bytes, rows: Number(counts.rows), columns: Number(counts.columns) }
}

interface CountFailure {
  readonly counts: Counts
  readonly from: number
  readonly end: number
  readonly shape: TableShape
  readonly step: Step
}

/** The error for counts that no index has: which one, if there is an index, else that there is none. */
async function countError(
  source: ByteSource,
  { counts, from, end, shape, step }: CountFailure,
): Promise<E2FormatError> {
  const { type, footBytes, maxRows, maxColumns } = shape
  const found = await indexEndingAt(source, end, from)
  if (found?.type !== type) return noIndexError(source, { from, end, type, step })
  const offsets = (end - found.position - HEAD_BYTES - footBytes) / 8
  const bad = (what: string, at: number): E2FormatError =>
    new E2FormatError('BAD_COUNT', `index with ${offsets} offsets has ${what}`, at, step)
  const { rows, columns } = counts
  if (columns < 1n || columns > BigInt(maxColumns)) {
    return bad(`a column count of ${columns}, at most ${maxColumns} allowed`, end - footBytes)
  }
  if (rows < 1n || rows > BigInt(maxRows)) return bad(`a row count of ${rows}, at most ${maxRows} allowed`, end - 8)
  return bad(`counts of ${rows} rows and ${columns} columns, more than the file has space for`, end - 8)
}

/**
 * Throw `BAD_TARGET` unless a record can begin at `target`: at `from` or later, with its header before `to`.
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
  const out = new Uint8Array(HEAD_BYTES + 8 * rows.length * width + foot)
  out.set(encodeRecordHeader(type, out.length - RECORD_HEADER_BYTES))
  putU64(out, RECORD_HEADER_BYTES, start)
  for (const [r, row] of rows.entries()) {
    if (row.length !== width) throw new RangeError(`row ${r} has ${row.length} offsets, expected ${width}`)
    for (const [c, value] of row.entries()) {
      if (!Number.isSafeInteger(value)) throw new RangeError(`offset ${value} is not a safe integer`)
      putI64(out, HEAD_BYTES + 8 * (r * width + c), value)
    }
  }
  if (columns !== undefined) putI64(out, out.length - 16, columns)
  putI64(out, out.length - 8, rows.length)
  return out
}

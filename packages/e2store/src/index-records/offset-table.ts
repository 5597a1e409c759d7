import { E2FormatError, type Step } from '../errors.ts'
import type { ByteSource } from '../io/byte-source.ts'
import { putI64, putU64, safeI64, u64 } from '../io/little-endian.ts'
import { decodeRecordHeader, encodeRecordHeader, expectType, RECORD_HEADER_BYTES } from '../records/record.ts'

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

/**
 * The index record that ends at `end`, found from the count in its last bytes.
 *
 * Counts are checked against the bytes there are, and multiplied only then.
 *
 * @param from where the region begins that the record must be in
 * @throws {E2FormatError} `BAD_COUNT`, `BAD_LENGTH`, `BAD_INDEX`, `UNEXPECTED_TYPE`, `RESERVED_NOT_ZERO`
 * @see docs/spec/e2store.md §5.1
 */
export async function readTable(
  source: ByteSource,
  end: number,
  { type, footBytes, maxRows, maxColumns }: TableShape,
  { from = 0, step = 'open' }: { readonly from?: number; readonly step?: Step } = {},
): Promise<TableRecord> {
  const invalid = (code: 'BAD_COUNT' | 'BAD_LENGTH' | 'BAD_INDEX', message: string, position: number): E2FormatError =>
    new E2FormatError(code, message, position, step)
  const fixed = HEAD_BYTES + footBytes
  const room = end - from - fixed
  if (room < 8) throw invalid('BAD_INDEX', `${end - from} bytes cannot hold an index`, from)
  const foot = await source.read(end - footBytes, footBytes)
  const count = (at: number, max: number): number => {
    const value = u64(foot, at)
    const most = Math.min(max, Math.floor(room / 8))
    if (value >= 1n && value <= BigInt(most)) return Number(value)
    throw invalid('BAD_COUNT', `index count ${value}, expected 1 to ${most}`, end - footBytes + at)
  }
  const columns = footBytes === 16 ? count(0, maxColumns) : 1
  const rows = count(footBytes - 8, maxRows)
  const offsetBytes = 8 * rows * columns
  if (offsetBytes > room) {
    throw invalid('BAD_COUNT', `index of ${rows} rows of ${columns} does not fit in ${end - from} bytes`, end - 8)
  }
  const position = end - fixed - offsetBytes
  const bytes = await source.read(position, end - position)
  const header = decodeRecordHeader(bytes, 0, position, { step })
  expectType(header, type, step)
  if (header.end !== end) {
    const message = `index record of ${header.length} bytes ends at ${header.end}, expected ${end}`
    throw invalid('BAD_LENGTH', message, position)
  }
  return { position, bytes, rows, columns }
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

import { E2FormatError, LimitError, type Step, UnexpectedEndError } from '../errors.ts'
import type { ByteSource } from '../io/byte-source.ts'
import { putU32, typeAt, u16, u32 } from '../io/little-endian.ts'
import { defaultMaxRecordBytes, describeType, RecordType } from './record-type.ts'

/** Bytes of a record's header. */
export const RECORD_HEADER_BYTES = 8

export interface RecordHeader {
  /** See {@link RecordType}. */
  readonly type: number
  /** Bytes of data, without the header. */
  readonly length: number
  /** Where the header begins. */
  readonly position: number
  /** Where the data ends. */
  readonly end: number
}

export interface E2Record extends RecordHeader {
  /** Borrowed memory: do not write to it; copy it to keep a small record without the window around it. */
  readonly data: Uint8Array
}

export interface RecordOptions {
  /** Largest data read, in bytes, for all types or by type (default {@link defaultMaxRecordBytes}). */
  readonly maxRecordBytes?: number | ((type: number) => number)
  /** Read the reserved field as bits 32 to 47 of the length, as specifications before 2023 had it (default false). */
  readonly legacyLength48?: boolean
  /** Where the readable region ends (default: the source's size). */
  readonly end?: number
  /** The step that errors name. */
  readonly step?: Step
}

/**
 * Encode a record's header: `type 2 bytes | length u32 | reserved u16 = 0`.
 *
 * @throws {RangeError} data of 2^32 bytes or more
 * @see docs/spec/e2store.md §1
 */
export function encodeRecordHeader(type: number, length: number): Uint8Array {
  if (!(type >= 0 && type <= 0xffff)) throw new RangeError(`record type ${type} is not two bytes`)
  if (!(length >= 0 && length < 2 ** 32)) throw new RangeError(`a record cannot hold ${length} bytes`)
  const out = new Uint8Array(RECORD_HEADER_BYTES)
  out[0] = type >>> 8
  out[1] = type
  putU32(out, 2, length)
  return out
}

/** Encode a whole record. */
export function encodeRecord(type: number, data: Uint8Array): Uint8Array {
  const out = new Uint8Array(RECORD_HEADER_BYTES + data.length)
  out.set(encodeRecordHeader(type, data.length))
  out.set(data, RECORD_HEADER_BYTES)
  return out
}

/**
 * Decode the header at `at` in `bytes`, which is at `position` in the file. Does not check that the data is there.
 *
 * @throws {E2FormatError} `RESERVED_NOT_ZERO`, `UNKNOWN_VERSION`
 * @see docs/spec/e2store.md §1
 */
export function decodeRecordHeader(
  bytes: Uint8Array,
  at: number,
  position: number,
  options: RecordOptions = {},
): RecordHeader {
  const length = decodeLength(bytes, at, position, options)
  return { type: typeAt(bytes, at), length, position, end: position + RECORD_HEADER_BYTES + length }
}

/** The length in the header at `at` in `bytes`; checks and throws as {@link decodeRecordHeader}. */
export function decodeLength(bytes: Uint8Array, at: number, position: number, options: RecordOptions): number {
  const reserved = u16(bytes, at + 6)
  if (reserved !== 0 && options.legacyLength48 !== true) {
    const what = `reserved field ${reserved}, expected 0`
    throw new E2FormatError('RESERVED_NOT_ZERO', what, position + 6, options.step ?? 'read')
  }
  const low = u32(bytes, at + 2)
  const length = reserved === 0 ? low : low + reserved * 2 ** 32
  if (length !== 0 && typeAt(bytes, at) === RecordType.Version) {
    const what = `version record of ${length} bytes, expected 0`
    throw new E2FormatError('UNKNOWN_VERSION', what, position, options.step ?? 'read')
  }
  return length
}

/** Throw unless a record's data ends in the readable region and is not larger than allowed. */
export function checkBounds(type: number, length: number, position: number, end: number, options: RecordOptions): void {
  const { maxRecordBytes = defaultMaxRecordBytes } = options
  const have = end - position - RECORD_HEADER_BYTES
  if (length > have) {
    const what = `${describeType(type)} record has ${have} of ${length} bytes`
    throw new UnexpectedEndError(what, position, options.step ?? 'read')
  }
  const max = typeof maxRecordBytes === 'number' ? maxRecordBytes : maxRecordBytes(type)
  if (length > max) {
    const what = `${describeType(type)} record of ${length} bytes, at most ${max} allowed`
    throw new LimitError('RECORD_TOO_LARGE', what, position, options.step ?? 'read')
  }
}

/** Throw `TRUNCATED` unless a whole header is at `position`. */
export function checkHeaderRoom(position: number, end: number, step: Step = 'read'): void {
  if (position + RECORD_HEADER_BYTES > end) {
    throw new UnexpectedEndError(`${Math.max(0, end - position)} of 8 bytes of a record header`, position, step)
  }
}

/**
 * The header of the record at `position`. Checks that its data is there without reading it.
 *
 * @throws {UnexpectedEndError} the header or the data runs past the end
 * @throws {E2FormatError} `RESERVED_NOT_ZERO`, `UNKNOWN_VERSION`
 * @throws {LimitError} `RECORD_TOO_LARGE`
 */
export async function readRecordHeader(
  source: ByteSource,
  position: number,
  options: RecordOptions = {},
): Promise<RecordHeader> {
  const { end = source.size, step } = options
  checkHeaderRoom(position, end, step)
  const bytes = await source.read(position, RECORD_HEADER_BYTES)
  const header = decodeRecordHeader(bytes, 0, position, options)
  checkBounds(header.type, header.length, position, end, options)
  return header
}

/** Bytes read at once where a record begins: most execution records fit. */
const FIRST_READ_BYTES = 4096

/**
 * The record at `position`, with one read if it is small and two if not.
 *
 * @throws as {@link readRecordHeader}
 */
export async function readRecord(source: ByteSource, position: number, options: RecordOptions = {}): Promise<E2Record> {
  const { end = source.size, step } = options
  checkHeaderRoom(position, end, step)
  const firstBytes = Math.min(FIRST_READ_BYTES, end - position)
  const first = await source.read(position, firstBytes)
  const header = decodeRecordHeader(first, 0, position, options)
  checkBounds(header.type, header.length, position, end, options)
  const whole = RECORD_HEADER_BYTES + header.length
  if (whole <= firstBytes) return { ...header, data: first.subarray(RECORD_HEADER_BYTES, whole) }
  return { ...header, data: await source.read(position + RECORD_HEADER_BYTES, header.length) }
}

/** Throw `UNEXPECTED_TYPE` unless a record is of this type. */
export function expectType(header: RecordHeader, type: number, step: Step = 'read'): void {
  if (header.type !== type) {
    const what = `${describeType(header.type)} record, expected ${describeType(type)}`
    throw new E2FormatError('UNEXPECTED_TYPE', what, header.position, step)
  }
}

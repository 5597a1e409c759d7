import {
  bytesLeftInPage,
  ENTRY_HEAD_BYTES,
  FormatError,
  PAGE_BYTES,
  type Run,
  viewOf,
  walkRun,
} from '@datastreamer/format'
import type { DiskFile } from '../disk/disk.ts'
import { DamageError } from './damage-error.ts'
import { nextPageStart } from './page-buffers.ts'

/** A position between two entries. */
export interface LogPosition {
  /** Byte offset in the file: of the entry, or of the padding before it. */
  readonly position: number
  /** Number of the entry that begins at `position`. */
  readonly number: number
}

/**
 * Whole entries as they are in one page of the log, at least one. Their lengths need not be checked again: these bytes were
 * walked when they were read, or encoded or checked before they got into memory.
 */
export interface LogRun {
  /** The entries, without padding. Borrowed and read-only: other readers may share the memory. */
  readonly bytes: Uint8Array
  /** Byte offset of the first entry in the file. */
  readonly position: number
  /** Number of the first entry. */
  readonly number: number
  /** The position after the last entry. */
  readonly next: LogPosition
}

/** Where a run that was read ends. */
export interface KnownRun {
  /** Byte offset of its first entry in the file. */
  readonly position: number
  /** Bytes of its entries. */
  readonly length: number
  readonly next: LogPosition
}

/**
 * Read whole entries of one page from the file.
 *
 * @param from a position before `end`, at an entry or at the padding before one
 * @param end position up to which the file is committed
 * @param maxBytes bytes to read at most, but always at least one entry
 * @param into memory for the run, if it is large enough
 * @throws {DamageError} if there is no whole entry of that number
 */
export async function readRun(
  file: DiskFile,
  path: string,
  from: LogPosition,
  end: number,
  maxBytes: number,
  into?: Uint8Array,
): Promise<LogRun> {
  let { position } = from
  let want = maxBytes
  for (;;) {
    const pageEnd = position + bytesLeftInPage(position)
    const length = Math.min(want, pageEnd - position, end - position)
    const bytes = await readBytes(file, path, position, length, into)
    const run = walk(bytes, path, position, from.number)
    if (run.count > 0) {
      const stop = position + run.end
      const next = run.stop === 'padding' ? nextPageStart(position) : stop
      const { number } = from
      return {
        bytes: bytes.subarray(0, run.end),
        position,
        number,
        next: { position: next, number: number + run.count },
      }
    }
    const location = { file: path, position, entryNumber: BigInt(from.number) }
    if (run.stop === 'padding') {
      if (bytesLeftInPage(position) === PAGE_BYTES || pageEnd >= end) {
        throw new DamageError('PADDING', 'padding where an entry should be', location)
      }
      position = pageEnd
      want = maxBytes
      continue
    }
    want = length < ENTRY_HEAD_BYTES ? ENTRY_HEAD_BYTES : viewOf(bytes).getUint32(1)
    if (want > pageEnd - position) {
      throw new DamageError(
        'CROSSES_PAGE',
        `an entry of ${want} bytes, ${pageEnd - position} are left in the page`,
        location,
      )
    }
    if (want > end - position) {
      throw new DamageError('LENGTH_NOT_AT_ENTRY_END', `an entry of ${want} bytes, totalLength is ${end}`, location)
    }
  }
}

/**
 * Read a run whose end is known.
 *
 * @throws {DamageError} if its first entry is not what it was
 */
export async function readKnownRun(
  file: DiskFile,
  path: string,
  number: number,
  { position, length, next }: KnownRun,
  into?: Uint8Array,
): Promise<LogRun> {
  const bytes = await readBytes(file, path, position, length, into)
  if (walk(bytes, path, position, number, 1).count === 0) {
    const location = { file: path, position, entryNumber: BigInt(number) }
    throw new DamageError('BAD_LENGTH', 'an entry that is longer than it was', location)
  }
  return { bytes, position, number, next }
}

/** Read `length` bytes that are there according to the header, into `into` if they fit. */
export async function readBytes(
  file: DiskFile,
  path: string,
  position: number,
  length: number,
  into?: Uint8Array,
): Promise<Uint8Array> {
  const bytes = into === undefined || into.length < length ? new Uint8Array(length) : into.subarray(0, length)
  const got = await file.read(bytes, position)
  if (got === length) return bytes
  throw new DamageError('LENGTH_PAST_END', `the file ends before totalLength`, {
    file: path,
    position: position + got,
  })
}

/** The entries before a broken one are a normal run; only reading at the broken one fails. */
function walk(bytes: Uint8Array, file: string, position: number, number: number, maxCount?: number): Run {
  const view = viewOf(bytes)
  try {
    return walkRun(view, 0, bytes.length, BigInt(number), maxCount)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    const before = walkRun(view, 0, error.offset, BigInt(number))
    if (before.count > 0) return before
    throw DamageError.from(error, { file, position, entryNumber: BigInt(number) })
  }
}

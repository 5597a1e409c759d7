import type { ByteSource } from '../../io/byte-source.ts'
import { typeAt } from '../../io/little-endian.ts'
import {
  checkBounds,
  decodeLength,
  type E2Record,
  RECORD_HEADER_BYTES,
  type RecordOptions,
  readRecord,
} from '../../records/record.ts'
import type { Layout } from './layout.ts'
import { paged } from './paged.ts'
import { type IntoSource, ReadAhead } from './read-ahead.ts'

/** A way to get at records by their position. */
export interface RecordAccess {
  /** The record, if all of it is in memory. */
  peek(position: number): E2Record | undefined
  /** The record, waiting for it. */
  read(position: number): Promise<E2Record>
}

/** Options with the end of the region that records lie in. */
export interface RegionOptions extends RecordOptions {
  readonly end: number
}

/** How the records of an archive are read: they lie before its index. */
export function regionOptions(
  { indexPosition }: Layout,
  { maxRecordBytes, legacyLength48 }: Pick<RecordOptions, 'maxRecordBytes' | 'legacyLength48'>,
): RegionOptions {
  return {
    end: indexPosition,
    step: 'read',
    ...(maxRecordBytes !== undefined && { maxRecordBytes }),
    ...(legacyLength48 !== undefined && { legacyLength48 }),
  }
}

/** The record at `position`, which is `at` in `bytes`, if all of it lies in them. */
function recordAt(bytes: Uint8Array, at: number, position: number, options: RegionOptions): E2Record | undefined {
  if (at < 0 || at + RECORD_HEADER_BYTES > bytes.length || position + RECORD_HEADER_BYTES > options.end)
    return undefined
  const type = typeAt(bytes, at)
  const length = decodeLength(bytes, at, position, options)
  checkBounds(type, length, position, options.end, options)
  const from = at + RECORD_HEADER_BYTES
  const to = from + length
  if (to > bytes.length) return undefined
  return { type, length, position, end: position + RECORD_HEADER_BYTES + length, data: bytes.subarray(from, to) }
}

/** Access whose records are held until the next {@link release} only. */
export interface ReleasableAccess extends RecordAccess {
  /** Nobody holds a record that was read before: their memory may be used again. */
  release(): void
}

/**
 * Access to records that come one after another, in a window that moves on with them. It is not written again unless it
 * was released; of a source in memory, it is all of it.
 *
 * @param ahead read the next window while one is in use, where the source can read into memory
 */
export function sequential(
  source: ByteSource,
  windowBytes: number,
  options: RegionOptions,
  ahead = false,
): ReleasableAccess {
  let window = source.peek?.(0, source.size) ?? new Uint8Array(0)
  let start = 0
  let released = false
  const windows = ahead && canReadInto(source) ? new ReadAhead(source, windowBytes, options.end) : undefined
  const peek = (position: number): E2Record | undefined => recordAt(window, position - start, position, options)
  const load = (position: number, length: number): Promise<Uint8Array> => {
    if (windows === undefined) return source.read(position, length)
    const inside = position >= start && position <= start + window.length
    const rest = window.subarray(inside ? position - start : window.length)
    const reuse = released
    released = false
    return windows.next(position, rest, reuse)
  }
  const read = async (position: number): Promise<E2Record> => {
    const length = Math.min(windowBytes, options.end - position)
    if (length >= RECORD_HEADER_BYTES) {
      window = await load(position, length)
      start = position
    }
    return peek(position) ?? readRecord(source, position, options)
  }
  const release = (): void => {
    released = true
  }
  return { peek, read, release }
}

function canReadInto(source: ByteSource): source is IntoSource {
  return source.readInto !== undefined
}

/** Access to records anywhere: keeps the pages read last. */
export function scattered(source: ByteSource, pageBytes: number, pages: number, options: RegionOptions): RecordAccess {
  const kept = paged(source, pageBytes, pages)
  const peek = (position: number): E2Record | undefined => {
    const page = kept.rest(position)
    return page && recordAt(page, 0, position, options)
  }
  return { peek, read: (position) => readRecord(kept, position, options) }
}

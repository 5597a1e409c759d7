import type { ByteSource } from '../../io/byte-source.ts'
import {
  checkRecordBounds,
  decodeRecordHeader,
  type E2Record,
  RECORD_HEADER_BYTES,
  type RecordOptions,
  readRecord,
} from '../../records/record.ts'
import { paged } from './paged.ts'

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

/** The record at `position`, which is `at` in `bytes`, if all of it lies in them. */
function recordAt(bytes: Uint8Array, at: number, position: number, options: RegionOptions): E2Record | undefined {
  if (at < 0 || at + RECORD_HEADER_BYTES > bytes.length || position + RECORD_HEADER_BYTES > options.end)
    return undefined
  const header = decodeRecordHeader(bytes, at, position, options)
  checkRecordBounds(header, options.end, options)
  const { type, length, end } = header
  const from = at + RECORD_HEADER_BYTES
  if (from + length > bytes.length) return undefined
  return { type, length, position, end, data: bytes.subarray(from, from + length) }
}

/**
 * Access to records that come one after another: reads ahead. Holds one window, which is never written again; of a
 * source in memory, all of it.
 */
export function sequential(source: ByteSource, windowBytes: number, options: RegionOptions): RecordAccess {
  let window = source.peek?.(0, source.size) ?? new Uint8Array(0)
  let start = 0
  const peek = (position: number): E2Record | undefined => recordAt(window, position - start, position, options)
  const read = async (position: number): Promise<E2Record> => {
    const length = Math.min(windowBytes, options.end - position)
    if (length >= RECORD_HEADER_BYTES) {
      window = await source.read(position, length)
      start = position
    }
    return peek(position) ?? readRecord(source, position, options)
  }
  return { peek, read }
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

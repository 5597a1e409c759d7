import { E2FormatError, type Step } from '../errors.ts'
import type { ByteSource } from '../io/byte-source.ts'
import { typeAt, u16, u32 } from '../io/little-endian.ts'
import { RECORD_HEADER_BYTES } from '../records/record.ts'
import { describeType, RecordType } from '../records/record-type.ts'

/** An index record that was found by its header. */
export interface FoundIndex {
  readonly type: number
  readonly position: number
}

const INDEX_TYPES: ReadonlySet<number> = new Set([
  RecordType.BlockIndex,
  RecordType.DynamicBlockIndex,
  RecordType.SlotIndex,
])
/** More than the largest index of an execution archive or of an era has: 5 columns of 8192 rows. */
const MAX_SEARCH_BYTES = 524_288
/** Bytes of an index record without offsets. */
const MIN_DATA_BYTES = 16

export function isIndexType(type: number): boolean {
  return INDEX_TYPES.has(type)
}

/**
 * The index record whose header says that it ends at `end`, whatever the counts in it say. Reads up to 512 KiB: only for
 * saying what is wrong with a file.
 */
export async function indexEndingAt(source: ByteSource, end: number, from = 0): Promise<FoundIndex | undefined> {
  const start = Math.max(from, end - MAX_SEARCH_BYTES)
  const bytes = await source.read(start, end - start)
  for (let at = bytes.length - RECORD_HEADER_BYTES - MIN_DATA_BYTES; at >= 0; at--) {
    const type = typeAt(bytes, at)
    if (!isIndexType(type) || u16(bytes, at + 6) !== 0) continue
    const length = bytes.length - at
    if (u32(bytes, at + 2) === length - RECORD_HEADER_BYTES) return { type, position: end - length }
  }
  return undefined
}

/** The error for a region that does not end with an index of this type, so that there are no counts: what it ends with. */
export async function noIndexError(
  source: ByteSource,
  {
    from,
    end,
    type,
    step,
  }: { readonly from: number; readonly end: number; readonly type: number; readonly step: Step },
): Promise<E2FormatError> {
  const expected = describeType(type)
  const found = await indexEndingAt(source, end, from)
  if (found !== undefined) {
    const where = end === source.size ? 'the file ends with' : `before byte ${end} is`
    const message = `${where} a ${describeType(found.type)} record, expected ${expected}`
    return new E2FormatError('UNEXPECTED_TYPE', message, found.position, step)
  }
  const tail = await source.read(Math.max(from, end - 16), Math.min(16, end - from))
  const why = tail.every((byte) => byte === 0)
    ? 'the file ends with zeros, space for a download that did not come'
    : end === source.size
      ? `no ${expected} record ends the file, which may be cut off`
      : `no ${expected} record is directly before that at ${end}`
  return new E2FormatError('BAD_COUNT', `the index is missing: ${why}`, end, step)
}

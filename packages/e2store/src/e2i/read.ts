import { E2FormatError } from '../errors.ts'
import { checkTarget, OffsetTable } from '../index-records/offset-table.ts'
import type { ByteSource } from '../io/byte-source.ts'
import { safeU64, u64 } from '../io/little-endian.ts'
import { foreignContent } from '../records/first-record.ts'
import { decodeRecordHeader, expectType, RECORD_HEADER_BYTES } from '../records/record.ts'
import { RecordType } from '../records/record-type.ts'
import { type E2i, type E2iGeneration, MAX_E2I_COUNT } from './e2i.ts'
import { checkAgainstData } from './slot-of-record.ts'

export interface ReadE2iOptions {
  /** The layout, if known: 0 and 1 look alike (default: 2 if it is that, else the one that fits `data`, else 1). */
  readonly generation?: E2iGeneration
  /** The indexed file. Every offset is checked against it. */
  readonly data?: ByteSource
  /** Size of the indexed file, if `data` is absent; layout 2 needs it. */
  readonly dataSize?: number
}

function bad(code: 'BAD_INDEX' | 'BAD_LENGTH' | 'BAD_COUNT', message: string, position: number): E2FormatError {
  return new E2FormatError(code, message, position, 'open')
}

/** Whether an index file is one record, which the length in its header shows. */
function isRecord(bytes: Uint8Array): boolean {
  if (bytes.length < RECORD_HEADER_BYTES) throw bad('BAD_INDEX', `${bytes.length} bytes, expected an index`, 0)
  const foreign = foreignContent(bytes)
  if (foreign !== undefined) throw bad('BAD_INDEX', `not an index file: ${foreign}`, 0)
  const header = decodeRecordHeader(bytes, 0, 0, { step: 'open' })
  expectType(header, RecordType.SlotIndex, 'open')
  if (header.length > 0 && header.end !== bytes.length) {
    throw bad('BAD_LENGTH', `index record ends at ${header.end}, the file at ${bytes.length}`, 2)
  }
  return header.length > 0
}

/** Throw unless offsets ascend, stay inside the data file where its size is known, and leave room for a Version. */
function checkTargets(targets: readonly (number | undefined)[], dataSize: number | undefined, at: number): void {
  let before = 0
  for (const [i, target] of targets.entries()) {
    if (target === undefined) continue
    const field = at + 8 * i
    checkTarget(target, 8, dataSize ?? Number.MAX_SAFE_INTEGER, field, 'open')
    if (target <= before) throw bad('BAD_INDEX', `offset ${target} after ${before}, expected ascending offsets`, field)
    before = target
  }
}

function parseRecord(bytes: Uint8Array, dataSize: number): E2i {
  const rows = (bytes.length - 24) / 8
  if (!(Number.isInteger(rows) && rows >= 1) || safeU64(bytes, bytes.length - 8) !== rows) {
    throw bad('BAD_COUNT', `index count ${u64(bytes, bytes.length - 8)}, expected ${rows}`, bytes.length - 8)
  }
  const table = new OffsetTable({ position: 0, bytes, rows, columns: 1 })
  const targets = Array.from({ length: rows }, (_, i) => {
    const value = table.offset(i, 0, 'open')
    // Some writers point at the file's Version record for an empty slot.
    return value === 0 || dataSize + value === 0 ? undefined : dataSize + value
  })
  checkTargets(targets, dataSize, 16)
  return { startSlot: table.start, targets }
}

function parseAbsolute(bytes: Uint8Array, generation: 0 | 1, dataSize: number | undefined): E2i {
  const at = generation === 0 ? 8 : 16
  if (bytes.length % 8 !== 0 || bytes.length <= at) {
    throw bad('BAD_LENGTH', `${bytes.length} bytes, expected a header and whole offsets`, 0)
  }
  const targets = Array.from({ length: (bytes.length - at) / 8 }, (_, i) => {
    const value = safeU64(bytes, at + 8 * i)
    if (value === undefined) throw new E2FormatError('BAD_INTEGER', 'offset beyond 2^53', at + 8 * i, 'open')
    return value === 0 ? undefined : value
  })
  checkTargets(targets, dataSize, at)
  if (generation === 1) return { startSlot: u64(bytes, 8), targets }
  const first = Math.max(
    0,
    targets.findIndex((target) => target !== undefined),
  )
  return { startSlot: BigInt(first), targets: targets.slice(first) }
}

/** The layout of 2020 or 2021 that fits the data file. */
async function fitting(bytes: Uint8Array, data: ByteSource): Promise<E2i & { readonly generation: E2iGeneration }> {
  let failure: unknown
  for (const generation of [1, 0] as const) {
    try {
      const index = parseAbsolute(bytes, generation, data.size)
      await checkAgainstData(index, data)
      return { ...index, generation }
    } catch (error) {
      if (!(error instanceof E2FormatError)) throw error
      failure ??= error
    }
  }
  throw failure
}

/**
 * Read an index file of any layout.
 *
 * @throws {E2FormatError} with step `open`
 * @throws {RangeError} layout 2 without the data file's size
 * @see docs/spec/e2store.md §5.3
 */
export async function readE2i(
  source: ByteSource,
  { generation, data, dataSize = data?.size }: ReadE2iOptions = {},
): Promise<E2i & { readonly generation: E2iGeneration }> {
  const max = 8 * MAX_E2I_COUNT + 24
  if (source.size > max) throw bad('BAD_COUNT', `index file of ${source.size} bytes, at most ${max} allowed`, 0)
  const bytes = await source.read(0, source.size)
  const record = isRecord(bytes)
  if (generation !== undefined && record !== (generation === 2)) {
    throw bad('BAD_INDEX', `not an index file of layout ${generation}`, 0)
  }
  if (!record && generation === undefined && data) return fitting(bytes, data)
  if (record && dataSize === undefined) throw new RangeError('the size of the data file is needed for this layout')
  const index = record ? parseRecord(bytes, dataSize ?? 0) : parseAbsolute(bytes, generation === 0 ? 0 : 1, dataSize)
  if (data) await checkAgainstData(index, data)
  return { ...index, generation: record ? 2 : generation === 0 ? 0 : 1 }
}

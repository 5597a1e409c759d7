import { E2FormatError } from '../../errors.ts'
import { type BlockIndex, chooseBase, type OffsetBase, readBlockIndex } from '../../index-records/block-index.ts'
import { indexEndingAt } from '../../index-records/end-of-file.ts'
import type { ByteSource } from '../../io/byte-source.ts'
import { checkFirstRecord, HEAD_BYTES } from '../../records/first-record.ts'
import { checkHeaderRoom, decodeRecordHeader, RECORD_HEADER_BYTES, readRecord } from '../../records/record.ts'
import { describeType, RecordType } from '../../records/record-type.ts'
import type { Deviation } from './deviation.ts'
import { type ArchiveKind, columnsOf, columnType, type Layout } from './layout.ts'

const ACCUMULATOR_BYTES = 32

/**
 * Check that a file begins with a Version record.
 *
 * @throws {E2FormatError} `EMPTY_FILE`, `NO_VERSION`, `UNKNOWN_VERSION`
 */
export async function checkVersion(source: ByteSource): Promise<void> {
  const head = await source.read(0, Math.min(HEAD_BYTES, source.size))
  if (head.length > 0) checkHeaderRoom(0, head.length, 'open')
  checkFirstRecord(head, 0, 'open')
  decodeRecordHeader(head, 0, 0, { step: 'open' })
}

/** Say that an index is not the only one, if that is why something else is not before it. */
export async function checkOnlyIndex(source: ByteSource, position: number): Promise<void> {
  const second = await indexEndingAt(source, position)
  if (second === undefined) return
  const message = `a second index: a ${describeType(second.type)} record is directly before that at ${position}`
  throw new E2FormatError('UNEXPECTED_TYPE', message, second.position, 'open')
}

/** The accumulator record that ends at `end`, if any. */
export async function readAccumulator(source: ByteSource, end: number): Promise<Layout['accumulator']> {
  const position = end - RECORD_HEADER_BYTES - ACCUMULATOR_BYTES
  if (position < RECORD_HEADER_BYTES) return undefined
  const bytes = await source.read(position, RECORD_HEADER_BYTES)
  if (bytes[0] !== RecordType.Accumulator >> 8 || bytes[1] !== 0) return undefined
  if (bytes[2] !== ACCUMULATOR_BYTES || bytes.subarray(3).some((byte) => byte !== 0)) return undefined
  const { data } = await readRecord(source, position, { end, step: 'open' })
  return { position, root: data.slice() }
}

/** Throw unless block numbers stay below 2^64. */
export function checkNumbers(start: bigint, count: number, position: number): void {
  if (start + BigInt(count) <= 2n ** 64n) return
  throw new E2FormatError('BAD_INDEX', `${count} blocks from ${start} on pass 2^64`, position, 'open')
}

/**
 * The layout of a file whose index points at headers, each of which is followed by the block's other records.
 *
 * An index without a valid base is reported when a block is read, so that the rest of the file can be inspected.
 *
 * @throws {E2FormatError} the file has no Version record or no index of that shape
 */
export async function openRows(source: ByteSource, kind: Exclude<ArchiveKind, 'ere'>): Promise<RowLayout> {
  await checkVersion(source)
  const index = await readBlockIndex(source)
  const { start, count, position } = index
  checkNumbers(start, count, position)
  const base = await baseOf(source, index, kind)
  const target = (i: number): number => {
    if (base instanceof E2FormatError) throw base
    return index.target(i, base)
  }
  const found = base instanceof E2FormatError ? undefined : base
  return {
    ...{ kind, start, count, target, columns: columnsOf(kind), indexPosition: position, rowwise: true },
    ...{ base: found, deviations: baseDeviations(kind, found, position) },
    entryPosition: (i) => index.field(i),
  }
}

/** Indices of `.era1` count from the index; those of `.e2hs` do so in its description, from the file in published ones. */
function baseDeviations(kind: ArchiveKind, base: OffsetBase | undefined, position: number): readonly Deviation[] {
  if (base === undefined || base === 'record' || (kind === 'e2hs' && base === 'file')) return []
  const from = base === 'file' ? 'the start of the file' : 'their own position, as in drafts before February 2024'
  return [{ code: 'INDEX_BASE', message: `offsets of the index count from ${from}`, position }]
}

/** A layout by {@link openRows}. */
export interface RowLayout extends Layout {
  /** What the offsets of the index count from; `undefined` if they fit no base. */
  readonly base: OffsetBase | undefined
}

/** The base of an index, or the error that it has none. */
async function baseOf(
  source: ByteSource,
  index: BlockIndex,
  kind: Exclude<ArchiveKind, 'ere'>,
): Promise<OffsetBase | E2FormatError> {
  try {
    return await chooseBase(source, index, columnType(kind, 'header') ?? 0)
  } catch (error) {
    if (error instanceof E2FormatError) return error
    throw error
  }
}

import { E2FormatError, type Step } from '../errors.ts'
import type { ByteSource } from '../io/byte-source.ts'
import { readRecordHeader } from '../records/record.ts'
import { describeType, RecordType } from '../records/record-type.ts'
import { checkTarget, encodeTable, OffsetTable, offsetsPosition, readTable, type TableShape } from './offset-table.ts'

/** Largest number of blocks in an index. */
export const MAX_BLOCK_INDEX_COUNT = 8192

/**
 * What the offsets of a block index count from: the index record (`.era1`), the start of the file (published `.e2hs`),
 * or the offset's own position (drafts before 2024).
 */
export type OffsetBase = 'record' | 'file' | 'entry'

const BASES: readonly OffsetBase[] = ['record', 'file', 'entry']

/** Where consecutive blocks begin. */
export class BlockIndex extends OffsetTable {
  /**
   * Where the record of entry `i` begins.
   *
   * @throws {E2FormatError} `BAD_INTEGER`, `BAD_TARGET`
   * @see docs/spec/e2store.md §5.4
   */
  target(i: number, base: OffsetBase, step: Step = 'read'): number {
    const origin = base === 'record' ? this.position : base === 'file' ? 0 : this.field(i)
    return checkTarget(origin + this.offset(i, 0, step), 8, this.position, this.field(i), step)
  }
}

/** What a block index looks like. */
export const BLOCK_INDEX_SHAPE: TableShape = {
  type: RecordType.BlockIndex,
  footBytes: 8,
  maxRows: MAX_BLOCK_INDEX_COUNT,
  maxColumns: 1,
}

/**
 * The block index that ends at `end`.
 *
 * @throws as {@link readTable}
 * @see docs/spec/e2store.md §5.4
 */
export async function readBlockIndex(
  source: ByteSource,
  end: number = source.size,
  options: { readonly step?: Step } = {},
): Promise<BlockIndex> {
  return new BlockIndex(await readTable(source, end, BLOCK_INDEX_SHAPE, options))
}

/**
 * The base under which the first and the last entry both point at records of the type that blocks begin with.
 *
 * @throws {E2FormatError} `BAD_INDEX` if there is none
 * @see docs/spec/e2store.md §5.4
 */
export async function chooseBase(
  source: ByteSource,
  index: BlockIndex,
  type: number,
  step: Step = 'read',
): Promise<OffsetBase> {
  const hits = async (base: OffsetBase): Promise<boolean> => {
    for (const i of new Set([0, index.count - 1])) {
      try {
        const header = await readRecordHeader(source, index.target(i, base, step), { end: index.position, step })
        if (header.type !== type) return false
      } catch (error) {
        if (error instanceof E2FormatError) return false
        throw error
      }
    }
    return true
  }
  for (const base of BASES) if (await hits(base)) return base
  const what = `first and last entry of the index do not both point at ${describeType(type)} records`
  throw new E2FormatError('BAD_INDEX', what, index.position, step)
}

export interface BlockIndexInput {
  /** Where the record will begin. */
  readonly position: number
  /** Number of the first block. */
  readonly start: bigint
  /** Where the first record of each block begins. */
  readonly targets: readonly number[]
  readonly base: OffsetBase
}

/** Encode a block index record. */
export function encodeBlockIndex({ position, start, targets, base }: BlockIndexInput): Uint8Array {
  if (targets.length < 1 || targets.length > MAX_BLOCK_INDEX_COUNT) {
    throw new RangeError(`a block index cannot hold ${targets.length} blocks`)
  }
  const first = offsetsPosition(position)
  const origin = (i: number): number => (base === 'record' ? position : base === 'file' ? 0 : first + 8 * i)
  return encodeTable(
    RecordType.BlockIndex,
    start,
    targets.map((target, i) => [target - origin(i)]),
  )
}

import type { Step } from '../errors.ts'
import type { ByteSource } from '../io/byte-source.ts'
import { RecordType } from '../records/record-type.ts'
import { MAX_BLOCK_INDEX_COUNT } from './block-index.ts'
import { checkTarget, encodeTable, OffsetTable, readTable, type TableShape } from './offset-table.ts'

/** Largest number of records of one block: header, body, receipts, difficulty, proof. */
const MAX_BLOCK_COMPONENTS = 5

/** Where the records of consecutive blocks begin, several for each. */
export class DynamicBlockIndex extends OffsetTable {
  /**
   * Where component `c` of entry `i` begins.
   *
   * @throws {E2FormatError} `BAD_INTEGER`, `BAD_TARGET`
   * @see docs/spec/e2store.md §5.5
   */
  target(i: number, c: number, step: Step = 'read'): number {
    return checkTarget(this.position + this.offset(i, c, step), 8, this.position, this.field(i, c), step)
  }
}

/** What a dynamic block index looks like. */
export const DYNAMIC_INDEX_SHAPE: TableShape = {
  type: RecordType.DynamicBlockIndex,
  footBytes: 16,
  maxRows: MAX_BLOCK_INDEX_COUNT,
  maxColumns: MAX_BLOCK_COMPONENTS,
}

/**
 * The dynamic block index that ends at `end`.
 *
 * @throws as {@link readTable}
 * @see docs/spec/e2store.md §5.5
 */
export async function readDynamicBlockIndex(
  source: ByteSource,
  end: number = source.size,
  options: { readonly step?: Step } = {},
): Promise<DynamicBlockIndex> {
  return new DynamicBlockIndex(await readTable(source, end, DYNAMIC_INDEX_SHAPE, options))
}

export interface DynamicBlockIndexInput {
  /** Where the record will begin. */
  readonly position: number
  /** Number of the first block. */
  readonly start: bigint
  /** For each block, where its records begin. */
  readonly targets: readonly (readonly number[])[]
  /** Records of each block. */
  readonly components: number
}

/** Encode a dynamic block index record. */
export function encodeDynamicBlockIndex({ position, start, targets, components }: DynamicBlockIndexInput): Uint8Array {
  if (targets.length < 1 || targets.length > MAX_BLOCK_INDEX_COUNT) {
    throw new RangeError(`a block index cannot hold ${targets.length} blocks`)
  }
  const rows = targets.map((row) => row.map((target) => target - position))
  return encodeTable(RecordType.DynamicBlockIndex, start, rows, components)
}

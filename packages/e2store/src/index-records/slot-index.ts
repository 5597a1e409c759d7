import { E2FormatError, type Step } from '../errors.ts'
import type { ByteSource } from '../io/byte-source.ts'
import { u32 } from '../io/little-endian.ts'
import { RecordType } from '../records/record-type.ts'
import { checkTarget, encodeTable, OffsetTable, readTable, type TableRecord, type TableShape } from './offset-table.ts'

/** Default limit for the entries of a slot index: 1 MiB of offsets. */
export const MAX_SLOT_INDEX_COUNT = 131_072

export interface SlotIndexOptions {
  /** Where the region begins that the index and its targets must be in (default 0). */
  readonly from?: number
  /** Largest count accepted (default {@link MAX_SLOT_INDEX_COUNT}). */
  readonly maxCount?: number
  /** Read offsets as negative 48-bit numbers where their upper 16 bits are zero, as one writer left them (default false). */
  readonly signExtend48?: boolean
  /** Positions outside the region that mean an empty slot: Version records, as some writers leave them. */
  readonly emptyMarks?: ReadonlySet<number>
  readonly step?: Step
}

const NO_MARKS: ReadonlySet<number> = new Set()

/** Where the records of consecutive slots begin. */
export class SlotIndex extends OffsetTable {
  readonly #from: number
  readonly #signExtend48: boolean
  readonly #emptyMarks: ReadonlySet<number>

  constructor(record: TableRecord, { from = 0, signExtend48 = false, emptyMarks = NO_MARKS }: SlotIndexOptions = {}) {
    super(record)
    this.#from = from
    this.#signExtend48 = signExtend48
    this.#emptyMarks = emptyMarks
  }

  protected override decode(bytes: Uint8Array, at: number): number | undefined {
    const high = u32(bytes, at + 4)
    const is48 = this.#signExtend48 && (high & 0xffff8000) === 0x8000
    return is48 ? (high - 0x10000) * 2 ** 32 + u32(bytes, at) : super.decode(bytes, at)
  }

  /**
   * Where the record of entry `i` begins; `undefined` if its slot is empty.
   *
   * Some writers point at the group's Version record for an empty slot: see {@link isEmptyMark}.
   *
   * @throws {E2FormatError} `BAD_INTEGER`, `BAD_TARGET`
   * @see docs/spec/e2store.md §5.2
   */
  target(i: number, step: Step = 'read'): number | undefined {
    const offset = this.offset(i, 0, step)
    if (offset === 0) return undefined
    const target = this.position + offset
    if (target < this.#from && this.#emptyMarks.has(target)) return undefined
    return checkTarget(target, this.#from, this.position, this.field(i), step)
  }

  /** Where entry `i` points, unless its offset is 0; not checked. Throws as {@link offset}. */
  pointed(i: number, step: Step = 'read'): number | undefined {
    const offset = this.offset(i, 0, step)
    return offset === 0 ? undefined : this.position + offset
  }
}

/** Whether an index points at a Version record, which means an empty slot. */
export function isEmptyMark(header: { readonly type: number; readonly length: number }): boolean {
  return header.type === RecordType.Version && header.length === 0
}

/** What a slot index of at most so many rows looks like. */
export const slotIndexShape = (maxRows: number): TableShape => ({
  type: RecordType.SlotIndex,
  footBytes: 8,
  maxRows,
  maxColumns: 1,
})

/**
 * The slot index that ends at `end`.
 *
 * @throws as {@link readTable}
 * @see docs/spec/e2store.md §5.2
 */
export async function readSlotIndex(
  source: ByteSource,
  end: number = source.size,
  options: SlotIndexOptions = {},
): Promise<SlotIndex> {
  const { maxCount = MAX_SLOT_INDEX_COUNT } = options
  const index = new SlotIndex(await readTable(source, end, slotIndexShape(maxCount), options), options)
  const { start, count, position } = index
  if (start + BigInt(count) > 2n ** 64n) {
    throw new E2FormatError('BAD_INDEX', `slots from ${start} on pass 2^64`, position, options.step ?? 'open')
  }
  return index
}

export interface SlotIndexInput {
  /** Where the record will begin. */
  readonly position: number
  /** The first slot. */
  readonly start: bigint
  /** Where the record of each slot begins; `undefined` for an empty slot. */
  readonly targets: readonly (number | undefined)[]
}

/** Encode a slot index record; an empty slot becomes offset 0. */
export function encodeSlotIndex({ position, start, targets }: SlotIndexInput): Uint8Array {
  const rows = targets.map((target) => [target === undefined ? 0 : target - position])
  return encodeTable(RecordType.SlotIndex, start, rows)
}

import { E2FormatError, type Step } from '../errors.ts'
import { indexEndingAt } from '../index-records/end-of-file.ts'
import { isEmptyMark, readSlotIndex, type SlotIndex } from '../index-records/slot-index.ts'
import type { ByteSource } from '../io/byte-source.ts'
import { expectType, RECORD_HEADER_BYTES, readRecordHeader } from '../records/record.ts'
import { RecordType } from '../records/record-type.ts'

/** Slots of an era in the mainnet and the minimal preset. */
const KNOWN_SLOTS_PER_ERA: readonly number[] = [8192, 64]

export interface EraOptions {
  /** Slots of an era (default: 8192 or 64, whichever the file's block index has). */
  readonly slotsPerEra?: number
  /** See {@link SlotIndexOptions.signExtend48}. */
  readonly signExtend48?: boolean
}

/** One era in a file: a state, and the blocks that lead to it. */
export interface EraGroup {
  readonly era: bigint
  /** Where the group's Version record begins. */
  readonly start: number
  /** Where its last record, the state's index, ends. */
  readonly end: number
  /** Slot of the state; the blocks are of the {@link slotsPerEra} slots before it. */
  readonly stateSlot: bigint
  /** Where the state's record begins. */
  readonly statePosition: number
  /** Where the records before the indices end. */
  readonly contentEnd: number
  /** Where the state's index begins and, except in era 0, the block index ends. */
  readonly stateIndexPosition: number
  /** Slots of an era; 0 in era 0, which has no blocks to show it. */
  readonly slotsPerEra: number
}

function bad(message: string, position: number): E2FormatError {
  return new E2FormatError('BAD_GROUP', message, position, 'open')
}

/**
 * The block index of a group, all of whose targets must be in the group.
 *
 * @param options.emptyMarks where other groups of the file begin, which some writers point at for an empty slot
 */
export async function readGroupIndex(
  source: ByteSource,
  { start, stateIndexPosition, slotsPerEra }: EraGroup,
  options: EraOptions & { readonly step?: Step; readonly emptyMarks?: ReadonlySet<number> } = {},
): Promise<SlotIndex | undefined> {
  if (slotsPerEra === 0) return undefined
  return readSlotIndex(source, stateIndexPosition, { ...options, from: start, maxCount: slotsPerEra })
}

/** Throw unless slots and count fit together; the count is the number of slots of an era. */
function checkSlots(index: SlotIndex, stateSlot: bigint, slotsPerEra: number | undefined): void {
  const { count, start, position } = index
  const allowed = slotsPerEra === undefined ? KNOWN_SLOTS_PER_ERA : [slotsPerEra]
  if (count === 1) throw bad('a second state index, expected the index of blocks before the first', position)
  if (!allowed.includes(count)) throw bad(`block index of ${count} slots, expected ${allowed.join(' or ')}`, position)
  if (start + BigInt(count) !== stateSlot || stateSlot % BigInt(count) !== 0n) {
    throw bad(`blocks from slot ${start} before a state of slot ${stateSlot}, eras of ${count}`, position)
  }
}

/** Whether an index of the slots of an era ends at `end`. */
async function isBlockIndex(source: ByteSource, end: number): Promise<boolean> {
  const found = await indexEndingAt(source, end)
  return found?.type === RecordType.SlotIndex && KNOWN_SLOTS_PER_ERA.includes((end - found.position - 24) / 8)
}

/** The first target that is not a Version record, which means an empty slot. */
async function firstBlock(source: ByteSource, index: SlotIndex): Promise<number | undefined> {
  let mark: number | undefined
  for (let i = 0; i < index.count; i++) {
    const target = index.target(i, 'open')
    if (target === undefined || target === mark) continue
    const header = await readRecordHeader(source, target, { end: index.position, step: 'open' })
    if (!isEmptyMark(header)) return target
    mark = target
  }
  return undefined
}

/** Whether a record's header can be read without a request of its own. Whoever reads the record checks its type too. */
function isAtHand(source: ByteSource, position: number): boolean {
  if (position + RECORD_HEADER_BYTES > source.size) return true
  return source.peek === undefined || source.peek(position, RECORD_HEADER_BYTES) !== undefined
}

/**
 * The group that ends at `end`, found from its indices.
 *
 * @throws {E2FormatError} with step `open`: `BAD_GROUP`, or as {@link readSlotIndex}
 * @see docs/spec/e2store.md §7.2
 */
async function readGroup(source: ByteSource, end: number, options: EraOptions = {}): Promise<EraGroup> {
  const stateIndex = await readSlotIndex(source, end, { ...options, maxCount: 1 }).catch(async (error: unknown) => {
    throw (await isBlockIndex(source, end)) ? bad('the state index is missing: an index of blocks is last', end) : error
  })
  const stateSlot = stateIndex.start
  const statePosition = stateIndex.target(0, 'open')
  if (statePosition === undefined) throw bad('the state has no offset', stateIndex.field(0))
  const blockIndex = stateSlot === 0n ? undefined : await readSlotIndex(source, stateIndex.position, options)
  if (blockIndex) checkSlots(blockIndex, stateSlot, options.slotsPerEra)
  const contentEnd = blockIndex?.position ?? stateIndex.position
  if (isAtHand(source, statePosition)) {
    const state = await readRecordHeader(source, statePosition, { end: contentEnd, step: 'open' })
    expectType(state, RecordType.CompressedBeaconState, 'open')
  }
  const first = blockIndex && (await firstBlock(source, blockIndex))
  if (first !== undefined && first > statePosition)
    throw bad(`first block at ${first} is after the state`, statePosition)
  const start = (first ?? statePosition) - 8
  if (start < 0) throw bad('no space for a Version record before the first record', 0)
  expectType(await readRecordHeader(source, start, { step: 'open' }), RecordType.Version, 'open')
  const slotsPerEra = blockIndex?.count ?? 0
  return {
    era: slotsPerEra === 0 ? 0n : stateSlot / BigInt(slotsPerEra),
    start,
    end,
    stateSlot,
    statePosition,
    contentEnd,
    stateIndexPosition: stateIndex.position,
    slotsPerEra,
  }
}

/** Largest number of groups in a file. */
const MAX_GROUPS = 65_536

/**
 * All groups of a file in file order, found from its end backwards.
 *
 * @throws as {@link readGroup}, `EMPTY_FILE`
 */
export async function findGroups(source: ByteSource, options: EraOptions = {}): Promise<EraGroup[]> {
  if (source.size === 0) throw new E2FormatError('EMPTY_FILE', 'no bytes, expected an era', 0, 'open')
  const groups: EraGroup[] = []
  for (let end = source.size; end > 0; ) {
    if (groups.length === MAX_GROUPS) throw bad(`more than ${MAX_GROUPS} groups`, end)
    const group = await readGroup(source, end, options)
    groups.push(group)
    end = group.start
  }
  return groups.reverse()
}

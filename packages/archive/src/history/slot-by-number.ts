import { decodeEntries, type Entry } from '@datastreamer/format'
import { decodeSequencerEntry, entryKind, type Generation } from '@datastreamer/sequencer-entries'
import type { SegmentLeaf } from '../leaf/leaf.ts'
import type { RecordInput } from './read-entry.ts'
import { type RecordSlot, recordSlots } from './record-slots.ts'

/** What rises from block to block. */
export type BlockNumber = 'batch' | 'time'

/** Numbers between which a search goes on: those of the first block of some record. */
interface Side {
  /** Index among the records that have blocks. */
  readonly at: number
  readonly value: bigint
}

/**
 * The last record whose first block has a number up to `value`, of a segment whose first block has. Looks first where
 * it would be if the numbers rose evenly.
 */
export async function slotByNumber(
  input: RecordInput,
  leaf: SegmentLeaf,
  by: BlockNumber,
  value: bigint,
): Promise<RecordSlot | undefined> {
  const { firstBatch, lastBatch, firstTime, lastTime } = leaf.blocks
  const slots = recordSlots(leaf).filter(({ blocks }) => blocks > 0)
  let low: Side = { at: 0, value: by === 'batch' ? firstBatch : firstTime }
  let high: Side = { at: slots.length, value: (by === 'batch' ? lastBatch : lastTime) + 1n }
  for (let tries = 0; high.at - low.at > 1; tries++) {
    const at = tries % 2 === 0 ? between(low, high, value) : (low.at + high.at) >>> 1
    const slot = slots[at]
    const [first, last] = slot === undefined ? [] : await numbersOf(input, slot, by)
    if (first === undefined || last === undefined || first > value) high = { at, value: first ?? high.value }
    else if (last > value) return slot
    else low = { at, value: first }
  }
  return slots[low.at]
}

/** Where the value would be between two sides, neither of which is it. */
function between(low: Side, high: Side, value: bigint): number {
  const span = high.value > low.value ? high.value - low.value : 1n
  const above = value > low.value ? value - low.value : 0n
  const at = low.at + Math.floor((Number(above) / Number(span)) * (high.at - low.at))
  return Math.min(Math.max(at, low.at + 1), high.at - 1)
}

/** The numbers of the first and the last block that begin in a record. */
async function numbersOf(
  { records, signal }: RecordInput,
  slot: RecordSlot,
  by: BlockNumber,
): Promise<readonly (bigint | undefined)[]> {
  const { bytes, encoding } = await records.get(slot, signal)
  if (encoding === undefined) return []
  const opening = decodeEntries(bytes).filter(({ type }) => entryKind(type, encoding) === 'l2Block')
  return [opening[0], opening.at(-1)].map((entry) => entry && blockNumber(entry, encoding, by))
}

/** A number of the block that an entry opens. */
export function blockNumber(entry: Entry, generation: Generation, by: BlockNumber): bigint | undefined {
  const block = decodeSequencerEntry(entry, generation)
  if (block.kind !== 'l2Block') return undefined
  return by === 'batch' ? block.batchNumber : block.timestamp
}

import { decodeEntries, type Entry } from '@datastreamer/format'
import {
  BlockAssembler,
  type BlockLimits,
  decodeSequencerEntry,
  entryKind,
  type FullL2Block,
  type Generation,
} from '@datastreamer/sequencer-entries'
import { blockInRecord } from '../layout-2/pieces.ts'
import { HistoryError } from '../leaf/history-error.ts'
import { segmentKey } from '../leaf/leaf.ts'
import type { HistoryRun } from './history-run.ts'
import { type RecordInput, readRecords } from './read-entry.ts'
import { type RecordSlot, recordSlots } from './record-slots.ts'

/** The record in which a block begins; `undefined` if the history does not have the block. */
export async function slotOfBlock(
  { snapshot, signal }: Omit<RecordInput, 'records'>,
  number: bigint,
): Promise<RecordSlot | undefined> {
  const leaf = await snapshot.index.find('block', number, signal)
  const index = leaf && blockInRecord(leaf.records, leaf.blocks, number)
  return leaf === undefined || index === undefined ? undefined : recordSlots(leaf)[index]
}

/**
 * A block by number; `undefined` if the history does not have it. Reads the record in which it begins, and more only if
 * it goes on there.
 *
 * @throws {HistoryError} @throws {SequencerEntryError} @throws {AssemblyLimitError}
 */
export async function readBlock(
  input: RecordInput,
  number: bigint,
  limits: BlockLimits = {},
): Promise<FullL2Block | undefined> {
  const slot = await slotOfBlock(input, number)
  if (slot === undefined) return undefined
  let opened: { readonly assembler: BlockAssembler; readonly forkId: bigint | undefined } | undefined
  for await (const run of readRecords(input, slot.first)) {
    const entries = decodeEntries(run.bytes)
    let from = 0
    if (opened === undefined) {
      from = positionOf(entries, run, slot, number)
      const { encoding: generation } = run
      opened = { assembler: new BlockAssembler({ ...limits, generation }), forkId: forkBefore(entries, from, run) }
    }
    const { assembler, forkId } = opened
    for (const entry of entries.slice(from)) {
      const block = assembler.push(entry)
      if (block !== undefined) return { ...block, forkId: block.forkId ?? forkId }
    }
    // Where an operation ends, a block that has no end entry is complete.
    const block = run.boundaries.at(-1) === run.count ? assembler.end() : undefined
    if (block !== undefined) return { ...block, forkId: block.forkId ?? forkId }
  }
  const block = opened?.assembler.end()
  return block && { ...block, forkId: block.forkId ?? opened?.forkId }
}

/**
 * Which entry of a record opens a block.
 *
 * @throws {HistoryError} `WRONG_CONTENT` if the record does not have the block
 */
function positionOf(entries: readonly Entry[], run: HistoryRun, slot: RecordSlot, number: bigint): number {
  const { encoding: generation } = run
  let left = Number(number - slot.leaf.blocks.first) - slot.blocksBefore
  const at = entries.findIndex(({ type }) => {
    return generation !== undefined && entryKind(type, generation) === 'l2Block' && left-- === 0
  })
  const opening = entries[at]
  const block = opening && decodeSequencerEntry(opening, generation)
  if (block?.kind === 'l2Block' && block.number === number) return at
  const key = segmentKey(slot.leaf)
  const message = `${key}: block ${number} is not where the leaf of the segment says`
  throw new HistoryError('WRONG_CONTENT', message, { key })
}

/** The fork id of the batch that is open before entry `at` of a run. */
function forkBefore(entries: readonly Entry[], at: number, { encoding, forkId }: HistoryRun): bigint | undefined {
  if (encoding === undefined) return forkId
  for (const entry of entries.slice(0, at).reverse()) {
    const kind = entryKind(entry.type, encoding)
    if (kind === 'batchEnd') return undefined
    if (kind === 'batchStart') return forkOf(entry, encoding)
  }
  return forkId
}

function forkOf(entry: Entry, generation: Generation): bigint | undefined {
  const start = decodeSequencerEntry(entry, generation)
  return start.kind === 'batchStart' ? start.forkId : undefined
}

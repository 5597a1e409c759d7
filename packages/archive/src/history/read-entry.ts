import { decodeEntry, type Entry, invariant, type Signal, walkRun } from '@datastreamer/format'
import type { HistoryRun } from './history-run.ts'
import { lastUpTo } from './leaf-index.ts'
import { type RecordSlot, recordSlots } from './record-slots.ts'
import type { Records } from './records.ts'
import { holding, type Snapshot } from './snapshot.ts'

/** What is asked for single records. */
export interface RecordInput {
  readonly snapshot: Snapshot
  readonly records: Records
  readonly signal: Signal | undefined
}

/**
 * The record that has an entry.
 *
 * @throws {HistoryError} `BROKEN_CHAIN` if none has it, although the history ends after it
 */
export async function slotOfEntry(
  { snapshot, signal }: Omit<RecordInput, 'records'>,
  number: bigint,
): Promise<RecordSlot> {
  const slots = recordSlots(holding(await snapshot.index.find('entry', number, signal), number))
  const slot = slots[lastUpTo(slots, number, ({ first }) => first)]
  invariant(slot !== undefined, `the records of a segment have its entry ${number}`)
  return slot
}

/** An entry by number; `undefined` if the history does not have it. @throws {HistoryError} */
export async function readEntry(input: RecordInput, number: bigint): Promise<Entry | undefined> {
  const { snapshot, records, signal } = input
  if (number >= snapshot.end) return undefined
  return entryOf(await records.get(await slotOfEntry(input, number), signal), number)
}

/** An entry of a run that has it. */
export function entryOf({ bytes, first }: HistoryRun, number: bigint): Entry | undefined {
  return decodeEntry(bytes, walkRun(bytes, 0, bytes.length, first, Number(number - first)).end)
}

/** Records one after the other, each read when it is asked for. @param from the first entry of a record */
export async function* readRecords(input: RecordInput, from: bigint): AsyncGenerator<HistoryRun, void, void> {
  const { snapshot, records, signal } = input
  for (let next = from; next < snapshot.end; ) {
    const leaf = holding(await snapshot.index.find('entry', next, signal), next)
    for (const slot of recordSlots(leaf)) if (slot.first >= next) yield await records.get(slot, signal)
    next = leaf.end.number
  }
}

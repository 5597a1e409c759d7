import { decodeEntry, type Entry, InternalError, type Signal, walkRun } from '@datastreamer/format'
import type { SegmentLeaf } from '../leaf/leaf.ts'
import type { HistoryRun } from './history-run.ts'
import { lastUpTo } from './leaf-index.ts'
import { type RecordPlace, recordPlaces } from './record-groups.ts'
import { holding } from './read-snapshot.ts'
import type { Records } from './records.ts'
import type { Snapshot } from './snapshot.ts'

/** Where an entry is: the segment and the record. @throws {HistoryError} `BROKEN_CHAIN` if it is nowhere */
export async function placeOfEntry(
  { index }: Snapshot,
  number: bigint,
  signal: Signal | undefined,
): Promise<{ readonly leaf: SegmentLeaf; readonly place: RecordPlace }> {
  const leaf = holding(await index.find('entry', number, signal), number)
  const places = recordPlaces(leaf)
  const place = places[lastUpTo(places, number, ({ first }) => first)]
  if (place === undefined) throw new InternalError('INVARIANT', `records do not have entry ${number} of their segment`)
  return { leaf, place }
}

/** An entry by number; `undefined` if the history does not have it. @throws {HistoryError} */
export async function readEntry(
  snapshot: Snapshot,
  records: Records,
  number: bigint,
  signal: Signal | undefined,
): Promise<Entry | undefined> {
  if (number >= snapshot.end) return undefined
  const { leaf, place } = await placeOfEntry(snapshot, number, signal)
  return entryOf(await records.get(leaf, place, signal), number)
}

/** An entry of a run that has it. */
export function entryOf({ bytes, first }: HistoryRun, number: bigint): Entry | undefined {
  return decodeEntry(bytes, walkRun(bytes, 0, bytes.length, first, Number(number - first)).end)
}

import type { Signal } from '@datastreamer/format'
import { AbortScope } from './abort-scope.ts'
import { ahead } from './ahead.ts'
import { type HistoryRun, sliceRun } from './history-run.ts'
import { endOfSlot, groupSlots, type RecordGroup, recordSlots } from './record-slots.ts'
import type { RawRecord, Records } from './records.ts'
import { holding, type Snapshot } from './snapshot.ts'

/** Bytes of the first request; each one after it may have twice as many. */
const FIRST_GROUP_BYTES = 262_144
const MAX_GROUP_BYTES = 8 * 1024 * 1024
/** Records that are decompressed at once, or wait decompressed. */
const DECODED_AHEAD = 4

export interface ReadAhead {
  /** Requests at once. */
  readonly concurrency: number
  /** Most bytes that are fetched and not yet taken, as they lie in segments. */
  readonly prefetchBytes: number
}

/** Which entries. */
export interface EntryRange {
  readonly from: bigint
  /** Number of the first that is not wanted. */
  readonly stop: bigint
}

/**
 * Entries as records have them, in order, fetched ahead: with little at first, then more as it is taken.
 *
 * @throws {HistoryError}
 */
export async function* readSnapshot(
  snapshot: Snapshot,
  records: Records,
  range: EntryRange,
  { concurrency, prefetchBytes }: ReadAhead,
  signal: Signal | undefined,
): AsyncGenerator<HistoryRun, void, void> {
  using scope = new AbortScope([signal])
  const maxGroup = Math.min(MAX_GROUP_BYTES, Math.ceil(prefetchBytes / concurrency))
  const fetched = ahead(
    groupsOf(snapshot, range, maxGroup, scope.signal),
    (group) => records.fetch(group, scope.signal),
    {
      limit: (taken) => Math.min(concurrency, 2 ** taken),
      weight: { of: ({ bytes }) => bytes, max: prefetchBytes },
    },
  )
  const decode = (record: RawRecord): Promise<HistoryRun> => records.decode(record, scope.signal)
  const options = { limit: (taken: number) => Math.min(DECODED_AHEAD, 1 + taken), onEnd: () => scope.end(), signal }
  for await (const run of ahead(flat(fetched), decode, options)) yield sliceRun(run, range.from, range.stop)
}

async function* groupsOf(
  { index }: Snapshot,
  { from, stop }: EntryRange,
  maxGroup: number,
  signal: Signal | undefined,
): AsyncGenerator<RecordGroup, void, void> {
  let size = FIRST_GROUP_BYTES / 2
  const nextMax = (): number => {
    size = Math.min(size * 2, maxGroup)
    return size
  }
  for (let next = from; next < stop; ) {
    const leaf = holding(await index.find('entry', next, signal), next)
    const slots = recordSlots(leaf).filter((slot) => endOfSlot(slot) > next && slot.first < stop)
    yield* groupSlots(slots, nextMax)
    next = leaf.end.number
  }
}

async function* flat<T>(lists: AsyncIterable<readonly T[]>): AsyncGenerator<T, void, void> {
  for await (const list of lists) yield* list
}

import { type EntriesOptions, NotFoundError, type Signal, sameEntry, TruncatedError } from '@datastreamer/format'
import { type FindBookmark, rangeOf } from './bounds.ts'
import { findBookmark } from './find-bookmark.ts'
import { type HistoryRun, nextOf } from './history-run.ts'
import { entryOf, readEntry } from './read-entry.ts'
import { type ReadAhead, readSnapshot } from './read-snapshot.ts'
import type { Records } from './records.ts'
import type { Snapshot } from './snapshot.ts'

/** What an iteration reads of. */
export interface RunInput {
  readonly records: Records
  readonly readAhead: ReadAhead
  /** What the history has now. */
  snapshot(): Snapshot
}

/**
 * Entries as records have them. What is read is what the history has when reading begins. If a truncation took entries
 * from it since, reading goes on in what it has now, as long as that holds what was delivered.
 *
 * @throws {TruncatedError} @throws {NotFoundError} @throws {HistoryError}
 */
export async function* readRuns(input: RunInput, options: EntriesOptions): AsyncGenerator<HistoryRun, void, void> {
  const { signal } = options
  let snapshot = input.snapshot()
  let { from, stop } = await rangeOf(snapshot, options, bookmarkFinder(input, snapshot))
  let delivered: HistoryRun | undefined
  const isCurrent = (): boolean => epochOf(input.snapshot()) === epochOf(snapshot)
  for (;;) {
    for await (const run of readSnapshot(snapshot, input.records, { from, stop }, input.readAhead, signal)) {
      if (!isCurrent()) break
      yield run
      delivered = run
      from = nextOf(run)
    }
    if (isCurrent()) return
    const now = input.snapshot()
    if (delivered !== undefined) await checkDelivered(input, snapshot, now, delivered, signal)
    snapshot = now
    if (stop > now.end && options.to !== undefined) {
      throw new NotFoundError(
        'TO_NOT_FOUND',
        `no entry ${stop - 1n}, the history has ${now.end} since it was truncated`,
      )
    }
    if (stop > now.end) stop = now.end
  }
}

/** Looks for bookmarks in what the history had then. */
export function bookmarkFinder({ records, readAhead }: RunInput, snapshot: Snapshot): FindBookmark {
  return (bookmark, signal) => findBookmark({ snapshot, records, signal }, bookmark, readAhead.concurrency)
}

/** Throw unless the history still has the last entry that was delivered. @throws {TruncatedError} */
async function checkDelivered(
  input: RunInput,
  before: Snapshot,
  now: Snapshot,
  delivered: HistoryRun,
  signal: Signal | undefined,
): Promise<void> {
  const next = nextOf(delivered)
  const starts = (await now.index.epochStarts()).slice(epochOf(before) + 1)
  if (starts.every(({ number }) => next <= number)) return
  const last = next - 1n
  const [was, is] = [entryOf(delivered, last), await readEntry({ snapshot: now, records: input.records, signal }, last)]
  if (is === undefined) throw new TruncatedError('TRUNCATED', last, now.end)
  if (was === undefined || !sameEntry(was, is)) throw new TruncatedError('REWRITTEN', last, now.end)
}

function epochOf({ index }: Snapshot): number {
  return index.last.epoch
}

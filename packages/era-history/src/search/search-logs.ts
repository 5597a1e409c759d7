import type { BlockLogs, LogFilter, SearchOptions } from '../history.ts'
import type { LogReader } from './log-reader.ts'
import type { Pace } from './pace.ts'

/** Where a search gets candidates and logs from. */
export interface SearchSource {
  /** The numbers of blocks from `from` to `to` that may have matching logs, in order; none that have is left out. */
  candidates(signal: AbortSignal): AsyncIterable<Candidate>
  readonly reader: LogReader
  readonly pace: Pace
}

/** A block that may match, or how far was searched. */
export interface Candidate {
  readonly number: bigint
  readonly isMatch: boolean
}

/** Blocks that are read ahead. */
const READ_AHEAD = 8

/**
 * The logs that match a filter, block by block, in order. Candidates are read ahead, a few at a time, and compared exactly
 * with what their verified receipts hold.
 *
 * @throws {HistoryError} `NO_RECEIPTS`, `BLOCK_REJECTED`
 */
export async function* searchLogs(
  { candidates, reader, pace }: SearchSource,
  filter: LogFilter,
  { signal, onSearched }: SearchOptions,
): AsyncGenerator<BlockLogs, void, void> {
  const stop = new AbortController()
  const ahead: { readonly number: bigint; readonly found: Promise<BlockLogs | undefined> }[] = []
  const first = async function* (limit: number): AsyncGenerator<BlockLogs, void, void> {
    while (ahead.length > limit) {
      const next = ahead.shift()
      const found = await next?.found
      signal?.throwIfAborted()
      if (found !== undefined) yield found
      if (next !== undefined) onSearched?.(next.number)
    }
  }
  const wanted = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal])
  try {
    for await (const { number, isMatch } of candidates(wanted)) {
      signal?.throwIfAborted()
      const found = isMatch ? pace.read(wanted, () => reader.find(number, filter)) : Promise.resolve(undefined)
      // It is awaited in its turn.
      found.catch(() => {})
      ahead.push({ number, found })
      yield* first(READ_AHEAD)
    }
    yield* first(0)
  } finally {
    stop.abort()
    await Promise.allSettled(ahead.map(({ found }) => found))
  }
}

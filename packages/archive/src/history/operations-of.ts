import { decodeEntries, type OperationEvent } from '@datastreamer/format'
import type { HistoryRun } from './history-run.ts'

/** Runs as what an operation source gives: of the boundaries in a run the last one. */
export async function* operationsOf(
  runs: AsyncIterable<HistoryRun>,
  types: ReadonlySet<number> | undefined,
): AsyncGenerator<OperationEvent, void, void> {
  for await (const run of runs) {
    const entries = decodeEntries(run.bytes)
    const boundary = run.boundaries.at(-1)
    for (const part of boundary === undefined ? [entries] : [entries.slice(0, boundary), entries.slice(boundary)]) {
      const wanted = types === undefined ? part : part.filter(({ type }) => types.has(type))
      if (wanted.length > 0) yield { kind: 'entries', entries: wanted }
      if (boundary !== undefined && part.length === boundary) {
        yield { kind: 'operationBoundary', nextEntry: run.first + BigInt(boundary), gap: false }
      }
    }
  }
}

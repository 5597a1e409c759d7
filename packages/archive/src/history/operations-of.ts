import { decodeEntries, type Entry, type OperationEvent } from '@datastreamer/format'
import type { HistoryRun } from './history-run.ts'

/** Runs as what an operation source gives: of the boundaries in a run the last one. */
export async function* operationsOf(
  runs: AsyncIterable<HistoryRun>,
  types: ReadonlySet<number> | undefined,
): AsyncGenerator<OperationEvent, void, void> {
  for await (const { first, bytes, boundaries } of runs) {
    const entries = decodeEntries(bytes)
    const boundary = boundaries.at(-1) ?? 0
    yield* entriesEvent(entries.slice(0, boundary), types)
    if (boundary > 0) yield { kind: 'operationBoundary', nextEntry: first + BigInt(boundary), gap: false }
    yield* entriesEvent(boundary > 0 ? entries.slice(boundary) : entries, types)
  }
}

function* entriesEvent(all: readonly Entry[], types: ReadonlySet<number> | undefined): Generator<OperationEvent> {
  const entries = types === undefined ? all : all.filter(({ type }) => types.has(type))
  if (entries.length > 0) yield { kind: 'entries', entries }
}

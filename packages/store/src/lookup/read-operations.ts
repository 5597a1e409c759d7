import {
  decodeEntries,
  ENTRY_HEAD_BYTES,
  type EntriesOptions,
  type Entry,
  entryTypesOf,
  type OperationEvent,
} from '@datastreamer/format'
import { BoundarySequence } from '../log/boundary-sequence.ts'
import { boundaryAt, type KnownBoundaries } from '../log/known-boundaries.ts'
import type { LogPosition, LogRun } from '../log/run-reader.ts'
import { type EntriesInput, RangeCursor } from './range-cursor.ts'

/** See {@link StreamReader.operations}. @param open gives what is known of boundaries, closed after the reading */
export async function* readOperations(
  input: EntriesInput,
  open: () => Promise<KnownBoundaries & Partial<AsyncDisposable>>,
  options: EntriesOptions = {},
): AsyncGenerator<OperationEvent, void, void> {
  const types = entryTypesOf(options.types)
  const known = await open()
  try {
    const range = await RangeCursor.open(input, options)
    const boundaries = new BoundarySequence(known)
    for (;;) {
      const run = await range.read()
      if (run === undefined) return
      const to = Math.min(run.next.number, range.stop)
      // The head at which reading ends stood between two operations.
      const isHead = to === Number(input.log.header.totalEntries) || (options.to === undefined && to === range.stop)
      const { before, end } = await boundaries.around(run.number, to, isHead)
      if (!range.cursor.isCurrent) {
        boundaries.forget()
        continue
      }
      const entries = decodeEntries(run.bytes).slice(0, (end ?? to) - run.number)
      range.cursor.moveTo(positionAfter(run, entries))
      for (const boundary of before) yield { kind: 'operationBoundary', ...boundary }
      const wanted = types === undefined ? entries : entries.filter(({ type }) => types.has(type))
      if (wanted.length > 0) yield { kind: 'entries', entries: wanted }
      if (end !== undefined) yield { kind: 'operationBoundary', ...boundaryAt(end, false) }
    }
  } finally {
    await known[Symbol.asyncDispose]?.()
  }
}

/** The position after the first entries of a run. */
function positionAfter({ position, number, next }: LogRun, entries: readonly Entry[]): LogPosition {
  if (number + entries.length === next.number) return next
  const bytes = entries.reduce((sum, { data }) => sum + ENTRY_HEAD_BYTES + data.length, 0)
  return { position: position + bytes, number: number + entries.length }
}

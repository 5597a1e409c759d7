import {
  decodeEntries,
  decodeEntry,
  ENTRY_HEAD_BYTES,
  type EntriesOptions,
  type Entry,
  entryTypesOf,
  viewOf,
} from '@datastreamer/format'
import { type EntriesInput, RangeCursor } from './range-cursor.ts'

/** See {@link StreamReader.entries}. */
export async function* readEntries(
  input: EntriesInput,
  options: EntriesOptions = {},
): AsyncGenerator<Entry, void, void> {
  const types = entryTypesOf(options.types)
  const range = await RangeCursor.open(input, options)
  const { cursor } = range
  for (;;) {
    const run = await range.read()
    if (run === undefined) return
    const view = viewOf(run.bytes)
    const end = Math.min(run.next.number, range.stop)
    let { number, position } = run
    // A truncation may remove the rest of the run.
    while (number < end && cursor.isCurrent) {
      const entry = decodeEntry(view, position - run.position)
      if (entry === undefined) break
      if (types === undefined || types.has(entry.type)) yield entry
      position += ENTRY_HEAD_BYTES + entry.data.length
      number++
    }
    if (number > run.number) cursor.moveTo(number === run.next.number ? run.next : { position, number })
  }
}

/** See {@link StreamReader.batches}. */
export async function* readBatches(
  input: EntriesInput,
  options: EntriesOptions = {},
): AsyncGenerator<readonly Entry[], void, void> {
  const types = entryTypesOf(options.types)
  const range = await RangeCursor.open(input, options)
  for (;;) {
    const run = await range.read()
    if (run === undefined) return
    if (!range.cursor.isCurrent) continue
    const entries = decodeEntries(run.bytes)
    const count = range.stop - run.number
    range.cursor.moveTo(run.next)
    const wanted = entries.length > count ? entries.slice(0, count) : entries
    const found = types === undefined ? wanted : wanted.filter(({ type }) => types.has(type))
    if (found.length > 0) yield found
  }
}

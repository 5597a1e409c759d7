import type { Entry } from '@datastreamer/format'

/** Entries in order, one by one or in arrays (which is faster), from anything that can be iterated. */
export type EntryIterable = AsyncIterable<Entry | readonly Entry[]> | Iterable<Entry | readonly Entry[]>

/** The entries of one item of a source. */
export function entriesOf(item: Entry | readonly Entry[]): readonly Entry[] {
  return isEntry(item) ? [item] : item
}

function isEntry(item: Entry | readonly Entry[]): item is Entry {
  return !Array.isArray(item)
}

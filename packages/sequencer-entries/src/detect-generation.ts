import { BOOKMARK_TYPE, type Header } from '@datastreamer/format'
import { decodeBookmark } from './bookmark.ts'
import { type EntryIterable, entriesOf } from './entry-iterable.ts'
import { SequencerEntryError } from './errors.ts'
import { type Generation, suggestGeneration } from './generation.ts'

/** Entries among which a stream that has bookmarks has one. */
const FIRST = 64

/**
 * The generation of a stream's entries: as its header suggests, unless its first bookmark tells another. At most 64
 * entries are looked at, and only where the header leaves a doubt.
 *
 * @param first the entries that the stream begins with
 * @throws what reading the entries throws
 * @see docs/spec/sequencer-entries.md §1
 */
export async function detectGeneration(
  header: Pick<Header, 'generation' | 'version'>,
  first: EntryIterable,
): Promise<Generation> {
  const suggested = suggestGeneration(header)
  if (suggested !== 'etrog') return suggested
  let left = FIRST
  for await (const item of first) {
    for (const { type, data } of entriesOf(item)) {
      if (type === BOOKMARK_TYPE) return generationByBookmark(data, suggested)
      if (--left === 0) return suggested
    }
  }
  return suggested
}

/**
 * The generation that a bookmark tells, if the header suggested another. The Go relay writes version 1 into its header,
 * which suggests `etrog`, whatever its upstream says; types of entries mean other things there than in `protobuf`.
 *
 * @param data the bookmark's bytes
 * @see docs/spec/sequencer-entries.md §1
 */
export function generationByBookmark(data: Uint8Array, suggested: Generation): Generation {
  if (suggested !== 'etrog' || isBookmark(data, 'etrog')) return suggested
  return isBookmark(data, 'protobuf') ? 'protobuf' : suggested
}

function isBookmark(data: Uint8Array, generation: Generation): boolean {
  try {
    decodeBookmark(data, generation)
    return true
  } catch (error) {
    if (!(error instanceof SequencerEntryError)) throw error
    return false
  }
}

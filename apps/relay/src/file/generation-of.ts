import { BOOKMARK_TYPE } from '@datastreamer/format'
import {
  decodeBookmark,
  type Generation,
  SequencerEntryError,
  suggestGeneration,
} from '@datastreamer/sequencer-entries'
import type { StreamReader } from '@datastreamer/server'
import { readEntries } from './read-entries.ts'

/** Entries among which a stream that has bookmarks has one. */
const FIRST = 64n

/** The generation of the entries of a sequencer stream's file: as its header suggests, unless its bookmarks tell another. */
export async function generationOf(reader: StreamReader): Promise<Generation> {
  const header = reader.getHeader()
  const suggested = suggestGeneration(header)
  const to = header.totalEntries < FIRST ? header.totalEntries : FIRST
  for await (const { type, data } of readEntries(reader, 0n, to)) {
    if (type === BOOKMARK_TYPE) return generationByBookmark(data, suggested)
  }
  return suggested
}

/**
 * The generation that a bookmark tells, if its header suggested another. The Go relay writes version 1 into the header,
 * which suggests `etrog`, whatever its upstream says; types of entries mean other things there than in `protobuf`.
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

import { BOOKMARK_TYPE, type U64, u64Of } from '@datastreamer/format'
import { encodeSequencerEntry } from './codec.ts'
import { decodeSequencerEntry } from './decode-entry.ts'
import { SequencerEntryError } from './errors.ts'
import { BookmarkType } from './gen/datastream/v1/datastream_pb.ts'
import type { Generation } from './generation.ts'
import type { Bookmark } from './model.ts'

/**
 * The bookmark of an L2 block: the bytes under which servers find it.
 *
 * @throws {RangeError} if the number is no u64
 * @throws {TypeError} for `sequencer-2023-09`, which has no bookmarks
 * @see docs/spec/sequencer-entries.md §6
 */
export function blockBookmark(number: U64, generation: Generation = 'protobuf'): Uint8Array {
  return encodeBookmark(BookmarkType.L2_BLOCK, number, generation)
}

/**
 * The bookmark of a batch.
 *
 * @throws {TypeError} for `sequencer-2023-09`, which has no bookmarks
 * @throws {RangeError} for `pre-etrog`, which only marks blocks, or if the number is no u64
 * @see docs/spec/sequencer-entries.md §6
 */
export function batchBookmark(number: U64, generation: Generation = 'protobuf'): Uint8Array {
  return encodeBookmark(BookmarkType.BATCH, number, generation)
}

/**
 * What a bookmark marks.
 *
 * @param generation by default the newest in which the bookmark can be read
 * @throws {SequencerEntryError} if it is no bookmark of this generation
 * @see docs/spec/sequencer-entries.md §6
 */
export function decodeBookmark(data: Uint8Array, generation?: Generation | undefined): Bookmark {
  const decoded = decodeSequencerEntry({ type: BOOKMARK_TYPE, data }, generation)
  if (decoded.kind === 'bookmark') return decoded
  const message = `a bookmark, but generation ${generation} has none`
  throw new SequencerEntryError('BAD_VALUE', message, { entryNumber: undefined, offset: 0 })
}

function encodeBookmark(type: number, number: U64, generation: Generation): Uint8Array {
  const value = u64Of(number, 'number')
  return encodeSequencerEntry({ kind: 'bookmark', type, value }, generation).data
}

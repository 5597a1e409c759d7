import { batchBookmark, blockBookmark, type Generation } from '@datastreamer/sequencer-entries'
import { UsageError } from '../errors.ts'
import type { BookmarkStart } from './stream-source.ts'

/** To begin at a block or batch. @throws {UsageError} if the stream's encoding has no bookmark of it */
export function startAt(kind: 'block' | 'batch', number: bigint, generation: Generation): BookmarkStart {
  return { bookmark: bookmarkOf(kind, number, generation), of: `${kind} ${number}` }
}

/** The bookmark of a block or batch. @throws {UsageError} if the stream's encoding has none */
export function bookmarkOf(kind: 'block' | 'batch', number: bigint, generation: Generation): Uint8Array {
  if (!hasBookmarks(kind, generation)) {
    const message = `streams encoded as ${generation} have no bookmarks of a ${kind}: name the number of an entry`
    throw new UsageError('USAGE', message)
  }
  return kind === 'block' ? blockBookmark(number, generation) : batchBookmark(number, generation)
}

/** Whether streams of an encoding have bookmarks of blocks, or of batches. */
export function hasBookmarks(kind: 'block' | 'batch', generation: Generation): boolean {
  return generation === 'protobuf' || generation === 'etrog' || (generation === 'pre-etrog' && kind === 'block')
}

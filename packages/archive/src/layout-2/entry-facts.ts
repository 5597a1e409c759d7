import type { Entry } from '@datastreamer/format'
import {
  BookmarkType,
  blockBookmark,
  decodeBookmark,
  decodeSequencerEntry,
  entryKind,
  type Generation,
  SequencerEntryError,
} from '@datastreamer/sequencer-entries'
import { sameBytes } from '../segment/point.ts'

/** What an entry says of blocks and batches. */
export type EntryFact =
  | { readonly kind: 'block'; readonly number: bigint; readonly batch: bigint; readonly time: bigint }
  /** From after the entry on, a batch with that fork id is open; with 0, none. */
  | { readonly kind: 'fork'; readonly forkId: bigint }

/** What an entry says that an index needs. @throws {SequencerEntryError} if it cannot be read */
export function readFact(entry: Entry, generation: Generation): EntryFact | undefined {
  const kind = entryKind(entry.type, generation)
  if (kind === 'batchEnd') return { kind: 'fork', forkId: 0n }
  if (kind !== 'l2Block' && kind !== 'batchStart') return undefined
  const decoded = decodeSequencerEntry(entry, generation)
  switch (decoded.kind) {
    case 'l2Block':
      return { kind: 'block', number: decoded.number, batch: decoded.batchNumber, time: decoded.timestamp }
    case 'batchStart':
      return { kind: 'fork', forkId: decoded.forkId }
    default:
      return undefined
  }
}

/** Where an entry says that it belongs. */
export interface BatchAndTime {
  readonly batch: bigint | undefined
  /** Timestamp of a block or GER update, in seconds. */
  readonly time: bigint | undefined
}

const NOWHERE: BatchAndTime = { batch: undefined, time: undefined }

/** Where an entry says that it belongs; nowhere also where it cannot be read. */
export function batchAndTimeOf(entry: Entry, generation: Generation): BatchAndTime {
  const kind = entryKind(entry.type, generation)
  if (kind === 'transaction' || kind === 'l2BlockEnd' || kind === 'unknown') return NOWHERE
  try {
    const decoded = decodeSequencerEntry(entry, generation)
    switch (decoded.kind) {
      case 'bookmark':
        return { batch: decoded.type === BookmarkType.BATCH ? decoded.value : undefined, time: undefined }
      case 'batchStart':
      case 'batchEnd':
        return { batch: decoded.number, time: undefined }
      case 'updateGer':
      case 'l2Block':
        return { batch: decoded.batchNumber, time: decoded.timestamp }
      default:
        return NOWHERE
    }
  } catch (error) {
    if (error instanceof SequencerEntryError) return NOWHERE
    throw error
  }
}

/**
 * Number of the L2 block whose bookmark bytes are, written as that bookmark is always written; `undefined` if they are
 * another bookmark.
 *
 * @see docs/spec/archive.md §7.2
 */
export function blockOfBookmark(bookmark: Uint8Array, generation: Generation | undefined): bigint | undefined {
  if (generation === undefined || generation === 'sequencer-2023-09') return undefined
  try {
    const { type, value } = decodeBookmark(bookmark, generation)
    if (type !== BookmarkType.L2_BLOCK || !sameBytes(blockBookmark(value, generation), bookmark)) return undefined
    return value
  } catch (error) {
    if (error instanceof SequencerEntryError) return undefined
    throw error
  }
}

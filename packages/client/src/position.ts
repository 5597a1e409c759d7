import type { EntriesFrom, EntriesTo, Entry, U64 } from '@datastreamer/format'
import type { Checkpoint } from './checkpoint.ts'

/** Where an L2 block or a batch begins, on the stream of a sequencer: at its bookmark. */
export type SequencerPosition = { readonly block: U64 } | { readonly batch: U64 }

/** Where a cursor starts. */
export type CursorFrom =
  | EntriesFrom
  /** After this entry, or what a checkpoint was made of, which the caller has; the server must still have the same. */
  | { readonly after: Entry | Checkpoint }

/** Where an iteration starts. */
export type From = CursorFrom | SequencerPosition

/** Last entry of an iteration, included. */
export type To = EntriesTo

export function bookmarkOf(bound: CursorFrom | To | undefined): Uint8Array | undefined {
  return typeof bound === 'object' && 'bookmark' in bound ? bound.bookmark : undefined
}

import type { EntriesFrom, EntriesTo, Entry, U64 } from '@datastreamer/format'
import type { Checkpoint } from './checkpoint.ts'

/** Where an L2 block or a batch begins, on the stream of a sequencer: at its bookmark. */
export type SequencerPosition = { readonly block: U64 } | { readonly batch: U64 }

/** Where an iteration starts. */
export type From =
  | EntriesFrom
  | SequencerPosition
  /** After this entry, or what a checkpoint was made of, which the caller has; the server must still have the same. */
  | { readonly after: Entry | Checkpoint }

/** Last entry of an iteration, included. */
export type To = EntriesTo

import { decodeAs, type EntryData } from './codec.ts'
import type { Generation } from './generation.ts'
import { GenerationDetector } from './generation-detector.ts'
import type { SequencerEntry } from './model.ts'

/**
 * Decode the data of an entry. Bytes in the result borrow the entry's memory. A type that the generation does not know
 * gives `{ kind: 'unknown' }`, so that newer streams can be read.
 *
 * @param generation by default the newest in which the entry can be read; to name it is safer, and for streams older than
 * `protobuf` much faster
 * @throws {SequencerEntryError} `BAD_LENGTH`, `BAD_VALUE` or `BAD_PROTOBUF`
 * @see docs/spec/sequencer-entries.md §§1-5
 */
export function decodeSequencerEntry(entry: EntryData, generation?: Generation | undefined): SequencerEntry {
  return decodeAs(entry, generation ?? new GenerationDetector().of(entry))
}

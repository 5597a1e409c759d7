import { detectGeneration, type Generation } from '@datastreamer/sequencer-entries'
import type { StreamReader } from '@datastreamer/store'
import { readEntries } from './read-entries.ts'

/** How the entries of a sequencer stream's file are encoded. */
export function generationOf(reader: StreamReader): Promise<Generation> {
  const header = reader.getHeader()
  return detectGeneration(header, readEntries(reader, reader.firstEntry, header.totalEntries))
}

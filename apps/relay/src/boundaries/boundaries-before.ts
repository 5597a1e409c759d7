import { SEQUENCER_STREAM_TYPE } from '@datastreamer/format'
import type { StreamReader } from '@datastreamer/store'
import { generationOf } from './generation-of.ts'
import { readEntries } from './read-entries.ts'
import { SequencerBoundaries } from './sequencer-boundaries.ts'

/** Entries that are read: enough to see whether blocks have end entries. */
const READ = 1024n

/**
 * Where operations of a sequencer stream may end from entry `number` of a file on, with what the entries before it say
 * of its blocks; `undefined` for other streams.
 */
export async function sequencerBoundariesBefore(
  reader: StreamReader,
  number: bigint,
): Promise<SequencerBoundaries | undefined> {
  if (reader.getHeader().streamType !== SEQUENCER_STREAM_TYPE) return undefined
  const ends = new SequencerBoundaries(await generationOf(reader))
  const from = number - READ > reader.firstEntry ? number - READ : reader.firstEntry
  for await (const entry of readEntries(reader, from, number)) ends.push(entry)
  return ends
}

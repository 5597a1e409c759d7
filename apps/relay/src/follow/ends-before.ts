import { SEQUENCER_STREAM_TYPE } from '@datastreamer/format'
import type { StreamReader } from '@datastreamer/store'
import { generationOf } from '../file/generation-of.ts'
import { readEntries } from '../file/read-entries.ts'
import { SequencerEnds } from './sequencer-ends.ts'

/** Entries that are looked at: enough to see whether blocks have end entries. */
const LOOK = 1024n

/**
 * Where operations of a sequencer stream may end from entry `number` of a file on, with what the entries before it tell
 * of its blocks; `undefined` for other streams.
 */
export async function sequencerEndsBefore(reader: StreamReader, number: bigint): Promise<SequencerEnds | undefined> {
  if (reader.getHeader().streamType !== SEQUENCER_STREAM_TYPE) return undefined
  const ends = new SequencerEnds(await generationOf(reader))
  for await (const entry of readEntries(reader, number > LOOK ? number - LOOK : 0n, number)) ends.push(entry)
  return ends
}

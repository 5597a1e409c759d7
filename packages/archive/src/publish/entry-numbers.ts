import type { Entry } from '@datastreamer/format'
import { type Generation, SequencerEntryError } from '@datastreamer/sequencer-entries'
import { type EntryFact, readFact } from '../layout-2/entry-facts.ts'

/** The number of the last L2 block that begins among entries; `undefined` if none does, or it cannot be read. */
export function lastBlockAmong(entries: readonly Entry[], encoding: Generation | undefined): bigint | undefined {
  const fact = lastFact(entries, encoding, 'block')
  return fact?.kind === 'block' ? fact.number : undefined
}

/** The fork id of the batch that is open after entries: 0 if none is, or it is not known. */
export function forkIdAfter(entries: readonly Entry[], encoding: Generation | undefined, before: bigint): bigint {
  const fact = lastFact(entries, encoding, 'fork')
  return fact?.kind === 'fork' ? fact.forkId : before
}

function lastFact(
  entries: readonly Entry[],
  encoding: Generation | undefined,
  kind: EntryFact['kind'],
): EntryFact | undefined {
  if (encoding === undefined) return undefined
  for (const entry of entries.toReversed()) {
    const fact = factOf(entry, encoding)
    if (fact?.kind === kind) return fact
  }
  return undefined
}

/** What cannot be read tells nothing: the segment says so. */
function factOf(entry: Entry, encoding: Generation): EntryFact | undefined {
  try {
    return readFact(entry, encoding)
  } catch (error) {
    if (error instanceof SequencerEntryError) return undefined
    throw error
  }
}

import { SEQUENCER_STREAM_TYPE } from '@datastreamer/format'
import type { StreamStore } from '@datastreamer/store'
import { generationOf } from './generation-of.ts'
import { readEntries } from './read-entries.ts'
import { SequencerBoundaries } from './sequencer-boundaries.ts'

/** Entries that are read first; then twice as many, until an end is found. */
const FIRST_READ = 64n

/**
 * The last operation boundary before or at entry `number` that is known: as the commit log says, or where another
 * program wrote a sequencer stream, as its blocks and batches say.
 */
export async function lastBoundary(store: StreamStore, number: bigint): Promise<bigint> {
  return (await lastForeignBoundary(store, number)) ?? (await lastNoted(store, number))
}

/** The last end of a block or batch before or at entry `number` where another program wrote a sequencer stream. */
export async function lastForeignBoundary(store: StreamStore, number: bigint): Promise<bigint | undefined> {
  const { operationBoundaries } = store
  if (number <= store.firstEntry || store.getHeader().streamType !== SEQUENCER_STREAM_TYPE) return undefined
  if (await operationBoundaries.isKnownAt(Number(number - 1n))) return undefined
  const first = await lastNoted(store, number - 1n)
  for (let count = FIRST_READ; ; count *= 2n) {
    const from = number - first > count ? number - count : first
    const end = await lastSequencerBoundary(store, from, number)
    if (end !== undefined || from === first) return end
  }
}

/** The last boundary that the commit log knows; the first entry of a file that begins late, if it knows none. */
async function lastNoted(store: StreamStore, number: bigint): Promise<bigint> {
  const noted = await store.operationBoundaries.lastUpTo(Number(number))
  return noted === undefined ? store.firstEntry : BigInt(noted)
}

/** The last end of a block or batch among entries; a block that has begun before them is not known to be one. */
async function lastSequencerBoundary(store: StreamStore, from: bigint, to: bigint): Promise<bigint | undefined> {
  const ends = new SequencerBoundaries(await generationOf(store))
  let last: bigint | undefined
  for await (const entry of readEntries(store, from, to)) {
    const end = ends.push(entry)
    if (end === 'after') last = entry.number + 1n
    else if (end === 'before') last = entry.number
  }
  return last
}

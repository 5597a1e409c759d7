import { decodeSequencerEntry, type Generation } from '@datastreamer/sequencer-entries'
import type { StreamSource } from '../source/stream-source.ts'

export interface LastOptions {
  readonly source: StreamSource
  /** How many, 1 or more. */
  readonly count: number
  /** How entries are encoded, if L2 blocks are counted rather than entries. */
  readonly blocksOf: Generation | undefined
  readonly signal: AbortSignal
}

/** Entries of a block, to begin with: where blocks have more, more is read. */
const ENTRIES_A_BLOCK = 16

/** Number of the entry where the last entries, or L2 blocks, of a stream begin: that of the first if it has fewer. */
export async function startOfLast({ source, count, blocksOf, signal }: LastOptions): Promise<bigint> {
  const { totalEntries } = await source.getHeader()
  const { firstEntry } = source
  const back = (by: bigint): bigint => (totalEntries - firstEntry > by ? totalEntries - by : firstEntry)
  if (blocksOf === undefined) return back(BigInt(count))
  for (let window = BigInt(count) * BigInt(ENTRIES_A_BLOCK); ; window *= 4n) {
    const from = back(window)
    const starts: bigint[] = []
    for await (const entries of source.batches({ from, follow: false, signal })) {
      for (const entry of entries) {
        if (decodeSequencerEntry(entry, blocksOf).kind === 'l2Block') starts.push(entry.number)
      }
      starts.splice(0, starts.length - count)
    }
    const [first] = starts
    if (first !== undefined && starts.length === count) return first
    if (from === firstEntry) return first ?? firstEntry
  }
}

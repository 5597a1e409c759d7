import { hash } from 'node:crypto'
import { encodeProgress, PacketType } from '@datastreamer/format'
import type { Chunk } from './entry-feed.ts'
import type { FilterResults } from './filter-results.ts'
import { findWanted, takeWanted } from './wanted-entries.ts'

/**
 * The entry types that one reader wants. It leaves their entries of a chunk, and says with a progress how far it looked where
 * the chunk does not end with one of them. docs/spec/protocol.md §11.
 */
export class EntryFilter {
  readonly #types: ReadonlySet<number>
  readonly #key: string
  readonly #results: FilterResults

  private constructor(types: readonly number[], results: FilterResults) {
    this.#types = new Set(types)
    this.#key = [...this.#types].sort((a, b) => a - b).join()
    this.#results = results
  }

  /** The filter for some types; `undefined` if there are none, which means all. */
  static of(types: readonly number[], results: FilterResults): EntryFilter | undefined {
    return types.length === 0 ? undefined : new EntryFilter(types, results)
  }

  /** What to write of a chunk. The chunk's own memory is written to, and holds what is to be written. */
  packetsOf({ packets, next, buffer }: Chunk): readonly Uint8Array[] {
    return packets.flatMap((packet) => {
      // The others are operation boundaries.
      if (packet[0] !== PacketType.entry) return [packet]
      const isOurs = buffer?.bytes !== undefined
      const filter = (): readonly Uint8Array[] => this.#filter(packet, next.number, isOurs)
      return isOurs ? filter() : this.#results.of(this.#key, packet, filter)
    })
  }

  #filter(entries: Uint8Array, nextEntry: number, isOurs: boolean): readonly Uint8Array[] {
    const wanted = findWanted(entries, this.#types)
    // Before the last entry is written over.
    const progress = wanted.isLastWanted ? [] : [progressAfter(nextEntry, entries.subarray(wanted.lastAt))]
    return wanted.bytes === 0 ? progress : [takeWanted(entries, wanted, isOurs), ...progress]
  }
}

/** A progress to `nextEntry`. @param before the entry before it, encoded; `undefined` if there is none */
export function progressAfter(nextEntry: number, before: Uint8Array | undefined): Uint8Array {
  const digest = before === undefined ? new Uint8Array(32) : hash('sha256', before, 'buffer')
  return encodeProgress({ nextEntry: BigInt(nextEntry), digest })
}

import { hash } from 'node:crypto'
import { encodeProgress, PacketType } from '@datastreamer/format'
import type { Chunk } from './entry-feed.ts'
import type { FilterResults } from './filter-results.ts'
import { copyWanted, findWanted, moveWanted, type Wanted } from './wanted-entries.ts'

/** A chunk is copied of which less than this part of its memory is left. */
const COPIED_SHARE = 16

/** Puts wanted entries one after the other. */
type Take = (entries: Uint8Array, wanted: Wanted) => Uint8Array

/** What is left of a chunk. */
export interface Filtered {
  readonly packets: readonly Uint8Array[]
  /** Whether they lie in the chunk's own memory. */
  readonly usesBuffer: boolean
}

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

  /** What to write of a chunk. Its own memory may be written to. */
  of({ packets, next, buffer }: Chunk): Filtered {
    const own = buffer?.bytes
    let usesBuffer = false
    const left = packets.flatMap((packet) => {
      // The others are operation boundaries.
      if (packet[0] !== PacketType.entry) return [packet]
      const filter = (take: Take): readonly Uint8Array[] => this.#filter(packet, next.number, take)
      if (own === undefined) return this.#results.of(this.#key, packet, () => filter(shareWanted))
      return filter((entries, wanted) => {
        // Large memory is scarce: what is left is copied if it is little.
        usesBuffer = wanted.bytes > own.length / COPIED_SHARE
        return usesBuffer ? moveWanted(entries, wanted) : copyWanted(entries, wanted)
      })
    })
    return { packets: left, usesBuffer }
  }

  #filter(entries: Uint8Array, nextEntry: number, take: Take): readonly Uint8Array[] {
    const wanted = findWanted(entries, this.#types)
    // Before the last entry is written over.
    const progress = wanted.isLastWanted ? [] : [progressAfter(nextEntry, entries.subarray(wanted.lastAt))]
    return wanted.bytes === 0 ? progress : [take(entries, wanted), ...progress]
  }
}

/** For memory that others read too. */
function shareWanted(entries: Uint8Array, wanted: Wanted): Uint8Array {
  return wanted.bytes === entries.length ? entries : copyWanted(entries, wanted)
}

/** A progress to `nextEntry`. @param before the entry before it, encoded; `undefined` if there is none */
export function progressAfter(nextEntry: number, before: Uint8Array | undefined): Uint8Array {
  const digest = before === undefined ? new Uint8Array(32) : hash('sha256', before, 'buffer')
  return encodeProgress({ nextEntry: BigInt(nextEntry), digest })
}

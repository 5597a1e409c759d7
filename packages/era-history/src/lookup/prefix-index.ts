const ORDINAL_BITS = 21
const ORDINALS = 2 ** ORDINAL_BITS

/** Most items of an index. */
export const MAX_ITEMS: number = ORDINALS

/** Finds items of a file by the first four bytes of their hashes: 8 bytes in memory for each. */
export class PrefixIndex {
  /** Prefix and ordinal number in one, sorted. */
  readonly #entries: Float64Array

  /** @param prefixes of the items, in their order */
  constructor(prefixes: readonly number[] | Uint32Array) {
    if (prefixes.length > ORDINALS) throw new RangeError(`${prefixes.length} items, at most ${ORDINALS} can be indexed`)
    this.#entries = Float64Array.from(prefixes, (prefix, i) => prefix * ORDINALS + i)
    this.#entries.sort()
  }

  get bytes(): number {
    return this.#entries.byteLength
  }

  /** Ordinal numbers of the items whose hash begins like this one. */
  find(hash: Uint8Array): number[] {
    const prefix = prefixOf(hash)
    let low = 0
    for (let high = this.#entries.length; low < high; ) {
      const middle = (low + high) >>> 1
      if ((this.#entries[middle] as number) < prefix * ORDINALS) low = middle + 1
      else high = middle
    }
    const found: number[] = []
    for (let at = low; at < this.#entries.length; at++) {
      const entry = this.#entries[at] as number
      if (Math.floor(entry / ORDINALS) !== prefix) break
      found.push(entry % ORDINALS)
    }
    return found
  }
}

/** The first four bytes of a hash. */
export function prefixOf(hash: Uint8Array): number {
  return new DataView(hash.buffer, hash.byteOffset, hash.length).getUint32(0)
}

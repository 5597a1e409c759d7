import { readBits } from './bits.ts'
import { entryBits, type PartShape } from './layout.ts'

/** What an entry gives: the block's index in the file, and the transaction's in the block. */
export interface Hit {
  readonly block: number
  readonly index: number
}

/** The sorted entries of one bucket. */
export class Bucket {
  readonly length: number
  readonly #bytes: Uint8Array
  readonly #part: PartShape
  readonly #width: number
  readonly #restBits: number

  /** @param bytes without the checksum */
  constructor(bytes: Uint8Array, part: PartShape) {
    this.#bytes = bytes
    this.#part = part
    this.#width = entryBits(part)
    this.#restBits = part.hashBits - part.bucketBits
    this.length = Math.floor((8 * bytes.length) / this.#width)
  }

  /** The rest of the hash of an entry. */
  rest(entry: number): number {
    return readBits(this.#bytes, entry * this.#width, this.#restBits)
  }

  hit(entry: number): Hit {
    const { blockBits, indexBits } = this.#part
    const at = entry * this.#width + this.#restBits
    return { block: readBits(this.#bytes, at, blockBits), index: readBits(this.#bytes, at + blockBits, indexBits) }
  }

  /** What the entries with this rest of a hash give, in order. */
  find(rest: number): Hit[] {
    let low = 0
    for (let high = this.length; low < high; ) {
      const middle = (low + high) >>> 1
      if (this.rest(middle) < rest) low = middle + 1
      else high = middle
    }
    const hits: Hit[] = []
    for (let entry = low; entry < this.length && this.rest(entry) === rest; entry++) hits.push(this.hit(entry))
    return hits
  }
}

/** The bucket and the rest that belong to a hash. */
export interface HashParts {
  readonly bucket: number
  readonly rest: number
}

/** Split the leading bits of a hash, given as bytes with the highest bit first. */
export function splitHash(hash: Uint8Array, { hashBits, bucketBits }: PartShape): HashParts {
  return { bucket: readBits(hash, 0, bucketBits), rest: readBits(hash, bucketBits, hashBits - bucketBits) }
}

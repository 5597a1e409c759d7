import { portableSnappy, type SnappyCodec } from '../../snappy/codec.ts'
import { snappyFramedDecode } from '../../snappy/framed.ts'

/** Gives out pieces of memory for contents: many small ones from one allocation. */
export class Arena {
  readonly #blockBytes: number
  #block: Uint8Array = new Uint8Array(0)
  #used = 0

  constructor(blockBytes: number) {
    this.#blockBytes = blockBytes
  }

  /** `size` bytes that nobody else has; large pieces are allocated on their own. */
  take(size: number): Uint8Array {
    if (size > this.#blockBytes / 4) return new Uint8Array(size)
    if (this.#used + size > this.#block.length) {
      this.#block = new Uint8Array(this.#blockBytes)
      this.#used = 0
    }
    this.#used += size
    return this.#block.subarray(this.#used - size, this.#used)
  }
}

/**
 * Decompress the data of a record into memory from an arena.
 *
 * @param position where the data begins in the file
 * @throws as {@link snappyFramedDecode}
 */
export function decodeContent(
  data: Uint8Array,
  position: number,
  maxBytes: number,
  arena: Arena,
  codec: SnappyCodec = portableSnappy,
): Uint8Array {
  return snappyFramedDecode(data, { maxBytes, position, codec, allocate: (size) => arena.take(size) })
}

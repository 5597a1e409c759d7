import { portableSnappy, type SnappyCodec } from '../../snappy/codec.ts'
import { chunkBytes, decodeChunk, readChunk, STREAM_IDENTIFIER, snappyFramedDecode } from '../../snappy/framed.ts'

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
 * Decompress the data of a record, as {@link snappyFramedDecode} does; a stream of one chunk, which most records are,
 * into memory from an arena.
 *
 * @param position where the data begins in the file
 * @throws {E2FormatError} `BAD_SNAPPY`, `BAD_CHECKSUM`
 * @throws {LimitError} `OUTPUT_TOO_LARGE`
 */
export function decodeContent(
  data: Uint8Array,
  position: number,
  maxBytes: number,
  arena: Arena,
  codec: SnappyCodec = portableSnappy,
): Uint8Array {
  const at = STREAM_IDENTIFIER.length
  if (startsStream(data) && chunkBytes(data, at) === data.length - at) {
    const chunk = readChunk(data, at, { offset: position, first: false, step: 'read' })
    if (chunk !== undefined && chunk.size <= maxBytes) {
      const content = arena.take(chunk.size)
      decodeChunk(data, chunk, content, 0, { offset: position, codec, step: 'read' })
      return content
    }
  }
  return snappyFramedDecode(data, { maxBytes, position, codec })
}

function startsStream(data: Uint8Array): boolean {
  for (let i = 0; i < STREAM_IDENTIFIER.length; i++) if (data[i] !== STREAM_IDENTIFIER[i]) return false
  return true
}

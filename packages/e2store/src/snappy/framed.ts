import { E2FormatError, LimitError, type Step } from '../errors.ts'
import { u16, u24, u32 } from '../io/little-endian.ts'
import { MemoryView } from '../io/view.ts'
import { declaredSize } from './block.ts'
import { portableSnappy, type SnappyCodec } from './codec.ts'
import { maskCrc } from './crc32c.ts'

/** Largest number of uncompressed bytes in a chunk. */
export const MAX_CHUNK_BYTES = 65_536
/** The stream identifier chunk, which every framed stream begins with. */
export const STREAM_IDENTIFIER: Uint8Array = Uint8Array.of(0xff, 6, 0, 0, 0x73, 0x4e, 0x61, 0x50, 0x70, 0x59)
const CHUNK_HEAD = 4
const CRC_BYTES = 4
/** Largest expansion of an element of a raw block: three bytes give at most 64. */
const MAX_EXPANSION = 64 / 3

export interface FramedDecodeOptions {
  /** Largest decompressed size (default 256 MiB). */
  readonly maxBytes?: number
  readonly codec?: SnappyCodec
  /** Position in the file of the first framed byte, for errors. */
  readonly position?: number
  /** The step that errors name (default `read`). */
  readonly step?: Step
  /** Allocates memory of exactly this size for the content (default: a fresh array). */
  readonly allocate?: (bytes: number) => Uint8Array
}

const NONE = new Uint8Array(0)
const fresh = (bytes: number): Uint8Array => new Uint8Array(bytes)

const DEFAULT_MAX_BYTES = 256 * 1_048_576

function bad(message: string, position: number, step: Step): E2FormatError {
  return new E2FormatError('BAD_SNAPPY', message, position, step)
}

/** Reads chunk after chunk; its fields describe the one last read. */
export class ChunkReader {
  #bytes: Uint8Array = NONE
  readonly #input = new MemoryView()
  readonly #output = new MemoryView()
  #offset = 0
  readonly #codec: SnappyCodec
  readonly #step: Step
  #type = 0
  /** Where the chunk begins. */
  start = 0
  #end = 0
  /** Uncompressed bytes of the chunk; 0 if it has no data. */
  size = 0

  constructor(codec: SnappyCodec, step: Step) {
    this.#codec = codec
    this.#step = step
  }

  /**
   * Continue with other bytes.
   *
   * @param offset position in the file of `bytes[0]`
   */
  open(bytes: Uint8Array, offset: number): void {
    this.#bytes = bytes
    this.#offset = offset
  }

  /**
   * Read and check the head of the chunk at `at`.
   *
   * @param first whether this must be the stream identifier
   * @returns where the chunk ends
   * @throws {E2FormatError} `BAD_SNAPPY`
   * @see docs/spec/e2store.md §4.1
   */
  read(at: number, first: boolean): number {
    const bytes = this.#bytes
    const body = at + CHUNK_HEAD
    const end = body <= bytes.length ? body + u24(bytes, at + 1) : body
    if (end > bytes.length) throw this.#bad('incomplete chunk', at)
    const type = bytes[at] as number
    this.#type = type
    this.start = at
    this.#end = end
    this.size = 0
    if (type === 0xff) {
      if (end !== at + 10 || u32(bytes, body) !== 0x50614e73 || u16(bytes, body + 4) !== 0x5970) {
        throw this.#bad('stream identifier is not sNaPpY', at)
      }
    } else if (first) {
      throw this.#bad(`first chunk has type ${type}, expected the stream identifier (255)`, at)
    } else if (type < 0x80) {
      this.size = this.#dataSize(type, at, end)
    }
    return end
  }

  #dataSize(type: number, at: number, end: number): number {
    const body = at + CHUNK_HEAD + CRC_BYTES
    if (type > 1) throw this.#bad(`reserved chunk type ${type}, which must not be skipped`, at)
    if (body > end) throw this.#bad(`data chunk of ${end - body + CRC_BYTES} bytes, expected at least 4`, at)
    const size = type === 1 ? end - body : this.#declaredSize(body, end)
    if (size < 0) throw this.#bad('chunk has no valid uncompressed size', at)
    if (size > MAX_CHUNK_BYTES) throw this.#bad(`chunk of ${size} uncompressed bytes, at most 65536 allowed`, at)
    if (size > (end - body) * MAX_EXPANSION) {
      throw this.#bad(`chunk of ${end - body} bytes claims ${size} uncompressed bytes`, at)
    }
    return size
  }

  /**
   * Decompress the chunk last read to `bytes[at, at + size)` and check its CRC.
   *
   * @throws {E2FormatError} `BAD_SNAPPY`, `BAD_CHECKSUM`
   * @see docs/spec/e2store.md §4.1
   */
  decode(bytes: Uint8Array, at: number): void {
    if (this.#type > 1) return
    const body = this.start + CHUNK_HEAD + CRC_BYTES
    const { size } = this
    const output = this.#output.around(bytes)
    const to = bytes.byteOffset + at
    if (this.#type === 1) this.#copy(body, bytes, at)
    else if (!this.#decompress(body, output, to)) {
      throw this.#bad(`compressed chunk does not decompress to ${size} bytes`, this.start)
    }
    const crc = maskCrc(this.#codec.crc32c(output, to, to + size))
    const stored = u32(this.#bytes, this.start + CHUNK_HEAD)
    if (crc !== stored) {
      const what = `chunk has masked CRC-32C ${crc.toString(16)}, stored is ${stored.toString(16)}`
      throw new E2FormatError('BAD_CHECKSUM', what, this.#offset + this.start, this.#step)
    }
  }

  /** Copy the chunk as it is: short ones, which are many, without a view of them. */
  #copy(body: number, bytes: Uint8Array, at: number): void {
    if (this.size > 32) bytes.set(this.#bytes.subarray(body, this.#end), at)
    else for (let i = 0; i < this.size; i++) bytes[at + i] = this.#bytes[body + i] as number
  }

  #declaredSize(body: number, end: number): number {
    const { byteOffset } = this.#bytes
    return declaredSize(this.#input.around(this.#bytes), byteOffset + body, byteOffset + end)
  }

  #decompress(body: number, output: DataView, to: number): boolean {
    const { byteOffset } = this.#bytes
    const input = this.#input.around(this.#bytes)
    return this.#codec.decompress(input, byteOffset + body, byteOffset + this.#end, output, to, this.size)
  }

  #bad(message: string, at: number): E2FormatError {
    return bad(message, this.#offset + at, this.#step)
  }
}

/** Decompresses whole framed streams, one after another. */
export class FramedDecoder {
  readonly #chunk: ChunkReader
  readonly #maxBytes: number
  readonly #step: Step
  readonly #allocate: (bytes: number) => Uint8Array

  constructor({
    maxBytes = DEFAULT_MAX_BYTES,
    codec = portableSnappy,
    step = 'read',
    allocate = fresh,
  }: Omit<FramedDecodeOptions, 'position'> = {}) {
    this.#chunk = new ChunkReader(codec, step)
    this.#maxBytes = maxBytes
    this.#step = step
    this.#allocate = allocate
  }

  /** As {@link snappyFramedDecode}; `position` is that of the first byte in the file. */
  decode(bytes: Uint8Array, position: number): Uint8Array {
    if (bytes.length === 0) throw bad('no bytes, expected the stream identifier', position, this.#step)
    const chunk = this.#chunk
    chunk.open(bytes, position)
    const first = chunk.read(0, true)
    let total = 0
    for (let at = first; at < bytes.length; ) {
      const end = chunk.read(at, false)
      total += chunk.size
      if (total > this.#maxBytes) {
        const message = `more than ${this.#maxBytes} decompressed bytes`
        throw new LimitError('OUTPUT_TOO_LARGE', message, position + at, this.#step)
      }
      at = end
    }
    const output = this.#allocate(total)
    if (chunk.start === first && chunk.size === total) {
      // The only chunk with data, as most records have it, is still the one last read.
      chunk.decode(output, 0)
      return output
    }
    for (let at = first, to = 0; at < bytes.length; ) {
      at = chunk.read(at, false)
      chunk.decode(output, to)
      to += chunk.size
    }
    return output
  }
}

/**
 * Decompress a whole framed stream into one array.
 *
 * Sizes are added up and checked before the array is allocated.
 *
 * @throws {E2FormatError} `BAD_SNAPPY`, `BAD_CHECKSUM`
 * @throws {LimitError} `OUTPUT_TOO_LARGE`
 * @see docs/spec/e2store.md §4
 */
export function snappyFramedDecode(bytes: Uint8Array, options: FramedDecodeOptions = {}): Uint8Array {
  return new FramedDecoder(options).decode(bytes, options.position ?? 0)
}

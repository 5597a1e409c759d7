import { E2FormatError, LimitError, type Step } from '../errors.ts'
import { u24, u32 } from '../io/little-endian.ts'
import { readPreamble } from './block.ts'
import { portableSnappy, type SnappyCodec } from './codec.ts'
import { maskCrc } from './crc32c.ts'

/** Uncompressed bytes of a chunk at most. */
export const MAX_CHUNK_BYTES = 65_536
/** The stream identifier chunk, which every framed stream begins with. */
export const STREAM_IDENTIFIER: Uint8Array = Uint8Array.of(0xff, 6, 0, 0, 0x73, 0x4e, 0x61, 0x50, 0x70, 0x59)
const CHUNK_HEAD = 4
const CRC_BYTES = 4
/** No element of a raw block makes more bytes of one: three bytes give 64 at most. */
const MAX_EXPANSION = 64 / 3

export interface FramedDecodeOptions {
  /** Largest decompressed size (default 256 MiB). */
  readonly maxBytes?: number
  readonly codec?: SnappyCodec
  /** Position in the file of the first framed byte, for messages. */
  readonly position?: number
  /** What an error says was being done (default `read`). */
  readonly step?: Step
}

/** One data chunk: `bytes[from, to)` holds its raw block or its stored bytes, which give `size` bytes. */
export interface DataChunk {
  readonly compressed: boolean
  readonly from: number
  readonly to: number
  readonly size: number
  readonly crc: number
  /** Where the chunk begins. */
  readonly at: number
}

const DEFAULT_MAX_BYTES = 256 * 1_048_576

function bad(message: string, position: number, step: Step): E2FormatError {
  return new E2FormatError('BAD_SNAPPY', message, position, step)
}

/** Bytes of the whole chunk that begins at `at`, or `undefined` if its head is cut. */
export function chunkBytes(bytes: Uint8Array, at: number): number | undefined {
  return at + CHUNK_HEAD <= bytes.length ? CHUNK_HEAD + u24(bytes, at + 1) : undefined
}

/**
 * Check the head of the chunk at `at`, all of which lies in `bytes`; `undefined` for chunks without data.
 *
 * @param offset position in the file of `bytes[0]`
 * @param first whether this has to be the stream identifier
 * @throws {E2FormatError} `BAD_SNAPPY`
 * @see docs/spec/e2store.md §4.1
 */
export function readChunk(
  bytes: Uint8Array,
  at: number,
  { offset, first, step }: { readonly offset: number; readonly first: boolean; readonly step: Step },
): DataChunk | undefined {
  const position = offset + at
  const type = bytes[at] as number
  const length = u24(bytes, at + 1)
  const from = at + CHUNK_HEAD
  if (type === 0xff) {
    if (length !== 6 || STREAM_IDENTIFIER.some((byte, i) => byte !== bytes[at + i])) {
      throw bad('stream identifier is not sNaPpY', position, step)
    }
    return undefined
  }
  if (first) throw bad(`first chunk has type ${type}, expected the stream identifier (255)`, position, step)
  if (type >= 0x80) return undefined
  if (type > 1) throw bad(`reserved chunk type ${type}, which must not be skipped`, position, step)
  if (length < CRC_BYTES) throw bad(`data chunk of ${length} bytes, expected at least 4`, position, step)
  const to = from + length
  const body = from + CRC_BYTES
  const crc = u32(bytes, from)
  const size = type === 1 ? to - body : readPreamble(bytes, body, to)?.size
  if (size === undefined) throw bad('chunk has no valid uncompressed size', position, step)
  if (size > MAX_CHUNK_BYTES) throw bad(`chunk of ${size} uncompressed bytes, allowed are 65536`, position, step)
  if (size > (to - body) * MAX_EXPANSION) {
    throw bad(`chunk of ${to - body} bytes claims ${size} uncompressed bytes`, position, step)
  }
  return { compressed: type === 0, from: body, to, size, crc, at }
}

/** Decompress one chunk to `output[at, at + size)` and check its CRC. */
export function decodeChunk(
  bytes: Uint8Array,
  chunk: DataChunk,
  output: Uint8Array,
  at: number,
  { offset, codec, step }: { readonly offset: number; readonly codec: SnappyCodec; readonly step: Step },
): void {
  const { from, to, size } = chunk
  if (chunk.compressed) {
    if (!codec.decompress(bytes, from, to, output, at, size)) {
      throw bad(`compressed chunk does not decompress to ${size} bytes`, offset + chunk.at, step)
    }
  } else {
    output.set(bytes.subarray(from, to), at)
  }
  const crc = maskCrc(codec.crc32c(output, at, at + size))
  if (crc !== chunk.crc) {
    const what = `chunk has masked CRC-32C ${crc.toString(16)}, stored is ${chunk.crc.toString(16)}`
    throw new E2FormatError('BAD_CHECKSUM', what, offset + chunk.at, step)
  }
}

/**
 * Decompress a whole framed stream into one fresh array.
 *
 * Sizes are added up and checked before the array is allocated.
 *
 * @throws {E2FormatError} `BAD_SNAPPY`, `BAD_CHECKSUM`
 * @throws {LimitError} `OUTPUT_TOO_LARGE`
 * @see docs/spec/e2store.md §4
 */
export function snappyFramedDecode(
  bytes: Uint8Array,
  { maxBytes = DEFAULT_MAX_BYTES, codec = portableSnappy, position = 0, step = 'read' }: FramedDecodeOptions = {},
): Uint8Array {
  const context = { offset: position, codec, step }
  const chunks: DataChunk[] = []
  let total = 0
  if (bytes.length === 0) throw bad('no bytes, expected the stream identifier', position, step)
  for (let at = 0; at < bytes.length; ) {
    const whole = chunkBytes(bytes, at)
    if (whole === undefined || at + whole > bytes.length) throw bad('chunk is cut', position + at, step)
    const chunk = readChunk(bytes, at, { offset: position, first: at === 0, step })
    if (chunk) {
      chunks.push(chunk)
      total += chunk.size
      if (total > maxBytes) {
        const what = `more than ${maxBytes} decompressed bytes`
        throw new LimitError('OUTPUT_TOO_LARGE', what, position + at, step)
      }
    }
    at += whole
  }
  const output = new Uint8Array(total)
  let to = 0
  for (const chunk of chunks) {
    decodeChunk(bytes, chunk, output, to, context)
    to += chunk.size
  }
  return output
}

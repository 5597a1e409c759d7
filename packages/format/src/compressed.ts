import { type Bytes, unsigned, viewOf } from './bytes.ts'
import { ENTRY_HEAD_BYTES, PAGE_BYTES, PacketType } from './constants.ts'
import { badLength, readPacketLength } from './framing.ts'

/** Packets in a compressed form. docs/spec/protocol.md §10. */
export interface Compressed {
  /** Bytes of the packets that are in it: whole streamed entries and operation boundaries. */
  readonly size: number
  /** A zstd frame, which gives exactly so many bytes. This package has no decoder of it. */
  readonly frame: Uint8Array
}

/** Bytes before the frame: packet type, length, size. */
const HEAD_BYTES = 9
/** Most bytes that one compressed packet gives: a page of entries, and operation boundaries among them. */
export const MAX_COMPRESSED_SIZE: number = PAGE_BYTES + 4096
/** Longest compressed packet: what does not shrink is not compressed. */
const MAX_BYTES = HEAD_BYTES + MAX_COMPRESSED_SIZE

/**
 * Encode a compressed packet: big-endian `packet u8 = 4 | length u32 | size u32 | frame`; `length` counts the whole packet.
 *
 * @throws {RangeError} if the frame is empty, or one of the two lengths is more than a packet may have
 * @see docs/spec/protocol.md §10
 */
export function encodeCompressed({ size, frame }: Compressed): Uint8Array {
  const length = HEAD_BYTES + frame.length
  if (frame.length === 0 || length > MAX_BYTES) {
    throw new RangeError(`a compressed packet of ${length} bytes, expected ${HEAD_BYTES + 1} to ${MAX_BYTES}`)
  }
  if (!isSize(size)) throw new RangeError(`size ${size}, expected ${ENTRY_HEAD_BYTES} to ${MAX_COMPRESSED_SIZE}`)
  const out = new Uint8Array(length)
  const view = viewOf(out)
  view.setUint8(0, PacketType.compressed)
  view.setUint32(1, length)
  view.setUint32(5, unsigned(size, 32, 'size'))
  out.set(frame, HEAD_BYTES)
  return out
}

/**
 * Decode the compressed packet at byte `at`, or `undefined` if more bytes are needed. `frame` borrows the bytes' memory, and
 * what it gives is not looked at.
 *
 * @throws {FormatError} `BAD_PACKET`, or `BAD_LENGTH` for either length, each before what follows it is awaited
 * @see docs/spec/protocol.md §10
 */
export function decodeCompressed(bytes: Bytes, at = 0): Compressed | undefined {
  const view = viewOf(bytes)
  const length = readPacketLength(view, at, PacketType.compressed, 'a compressed packet')
  if (length === undefined) return undefined
  if (length <= HEAD_BYTES || length > MAX_BYTES) {
    throw badLength('compressed packet', length, `${HEAD_BYTES + 1} to ${MAX_BYTES}`, at)
  }
  if (view.byteLength - at < HEAD_BYTES) return undefined
  const size = view.getUint32(at + 5)
  if (!isSize(size)) {
    throw badLength('decompressed', size, `${ENTRY_HEAD_BYTES} to ${MAX_COMPRESSED_SIZE}`, at + 4)
  }
  if (view.byteLength - at < length) return undefined
  return { size, frame: new Uint8Array(view.buffer, view.byteOffset + at + HEAD_BYTES, length - HEAD_BYTES) }
}

function isSize(size: number): boolean {
  return size >= ENTRY_HEAD_BYTES && size <= MAX_COMPRESSED_SIZE
}

import { viewOf } from '@datastreamer/format'

const MAGIC = 0xfd2fb528
const SINGLE_SEGMENT = 0x20
const RESERVED = 0x08
const CHECKSUM = 0x04
const DICTIONARY = 0x03
/** Most bytes that a block gives. */
const MAX_BLOCK_BYTES = 131_072
const CONTENT_SIZE_BYTES = [1, 2, 4, 8] as const
const BLOCK_HEAD_BYTES = 3

/**
 * What is wrong with bytes that should be one zstd frame of a single segment whose content has `size` bytes, as its header
 * and those of its blocks say; `undefined` if nothing is. Then a decoder needs no window, and no more memory than `size`.
 *
 * @see docs/spec/archive.md §7.1
 */
export function faultOfFrame(frame: Uint8Array, size: number): string | undefined {
  const view = viewOf(frame)
  if (frame.length < 6 || view.getUint32(0, true) !== MAGIC) return 'no zstd frame'
  const flags = view.getUint8(4)
  if ((flags & SINGLE_SEGMENT) === 0 || (flags & (RESERVED | DICTIONARY)) !== 0) {
    return `zstd frame with the flags ${flags.toString(16)}, expected one of a single segment without a dictionary`
  }
  const sizeBytes = CONTENT_SIZE_BYTES[flags >> 6] ?? 1
  const content = contentSize(view, sizeBytes)
  if (content !== size) return `zstd frame of ${content ?? 'an unknown number of'} bytes, expected ${size}`
  const checksumBytes = (flags & CHECKSUM) === 0 ? 0 : 4
  return faultOfBlocks(view, 5 + sizeBytes, frame.length - checksumBytes, size)
}

/** Bytes of the content; `undefined` if they are not all there, or no safe number. */
function contentSize(view: DataView, bytes: (typeof CONTENT_SIZE_BYTES)[number]): number | undefined {
  if (view.byteLength < 5 + bytes) return undefined
  switch (bytes) {
    case 1:
      return view.getUint8(5)
    case 2:
      return view.getUint16(5, true) + 256
    case 4:
      return view.getUint32(5, true)
    case 8: {
      const size = view.getBigUint64(5, true)
      return size > BigInt(Number.MAX_SAFE_INTEGER) ? undefined : Number(size)
    }
  }
}

/** Walk the blocks, which have to end at `end`. */
function faultOfBlocks(view: DataView, from: number, end: number, size: number): string | undefined {
  const most = Math.min(MAX_BLOCK_BYTES, size)
  let at = from
  for (let isLast = false; !isLast; ) {
    if (end - at < BLOCK_HEAD_BYTES) return 'zstd frame that is cut off'
    const head = view.getUint16(at, true) | (view.getUint8(at + 2) << 16)
    isLast = (head & 1) === 1
    const type = (head >> 1) & 3
    const bytes = head >> 3
    if (type === 3 || bytes > most) return `zstd block of type ${type} and ${bytes} bytes, expected at most ${most}`
    at += BLOCK_HEAD_BYTES + (type === 1 ? 1 : bytes)
  }
  return at === end ? undefined : `zstd frame that ends at byte ${at} instead of ${end}`
}

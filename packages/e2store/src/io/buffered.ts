import { type ByteSource, checkRange } from './byte-source.ts'

/** Bytes that {@link buffered} reads at once by default. */
export const DEFAULT_WINDOW_BYTES = 1_048_576

/**
 * A source that reads `windowBytes` ahead and answers from that window, without waiting, while it can.
 *
 * Holds one window. A window is never written again: what was read from it stays valid, and keeps it in memory.
 * A read larger than the window bypasses it. A source that is in memory is returned as it is.
 */
export function buffered(source: ByteSource, windowBytes: number = DEFAULT_WINDOW_BYTES): ByteSource {
  if (source.memory) return source
  let window = new Uint8Array(0)
  let start = 0
  const load = async (position: number, length: number): Promise<Uint8Array> => {
    checkRange(source.size, position, length)
    if (length > windowBytes) return source.read(position, length)
    const bytes = await source.read(position, Math.min(windowBytes, source.size - position))
    window = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) as Uint8Array<ArrayBuffer>
    start = position
    return bytes.subarray(0, length)
  }
  const read = (position: number, length: number): Uint8Array | Promise<Uint8Array> => {
    const at = position - start
    return at >= 0 && at + length <= window.length ? window.subarray(at, at + length) : load(position, length)
  }
  return { size: source.size, read }
}

import type { ByteSource } from './byte-source.ts'

/**
 * A source that reads whole pages and keeps the most recent ones, for reads at random positions.
 *
 * Holds `pages * pageBytes` bytes at most. Pages are never written again: what was read from them stays valid. A read
 * larger than a page bypasses them. A source that is in memory is returned as it is.
 */
export function paged(source: ByteSource, pageBytes: number, pages: number): ByteSource {
  if (source.peek) return source
  const kept = new Map<number, Uint8Array>()
  const peek = (position: number, length: number): Uint8Array | undefined => {
    const number = Math.floor(position / pageBytes)
    const at = position - number * pageBytes
    const page = kept.get(number)
    return page !== undefined && at + length <= page.length ? page.subarray(at, at + length) : undefined
  }
  const load = async (number: number): Promise<Uint8Array> => {
    const known = kept.get(number)
    const from = number * pageBytes
    const page = known ?? (await source.read(from, Math.min(pageBytes, source.size - from)))
    kept.delete(number)
    kept.set(number, page)
    for (const oldest of kept.keys()) {
      if (kept.size <= pages) break
      kept.delete(oldest)
    }
    return page
  }
  const read = async (position: number, length: number): Promise<Uint8Array> => {
    if (length > pageBytes || position < 0 || position + length > source.size) return source.read(position, length)
    const first = Math.floor(position / pageBytes)
    const at = position - first * pageBytes
    const page = await load(first)
    if (at + length <= page.length) return page.subarray(at, at + length)
    const next = await load(first + 1)
    const out = new Uint8Array(length)
    out.set(page.subarray(at))
    out.set(next.subarray(0, length - (page.length - at)), page.length - at)
    return out
  }
  return { size: source.size, peek, read }
}

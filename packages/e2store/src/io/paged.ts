import type { ByteSource } from './byte-source.ts'
import { concatBytes } from './bytes.ts'

/**
 * A source that reads whole pages and keeps the most recent ones, for reads at random positions.
 *
 * Holds `pages * pageBytes` bytes at most. Pages are never written again: what was read from them stays valid. A read
 * larger than a page bypasses them. A source that is in memory is returned as it is.
 */
export function paged(source: ByteSource, pageBytes: number, pages: number): ByteSource {
  if (source.memory) return source
  const kept = new Map<number, Uint8Array>()
  const keep = (number: number, page: Uint8Array): Uint8Array => {
    kept.delete(number)
    kept.set(number, page)
    for (const oldest of kept.keys()) {
      if (kept.size <= pages) break
      kept.delete(oldest)
    }
    return page
  }
  const load = async (number: number): Promise<Uint8Array> => {
    const from = number * pageBytes
    const known = kept.get(number)
    return keep(number, known ?? (await source.read(from, Math.min(pageBytes, source.size - from))))
  }
  const join = async (first: number, at: number, length: number): Promise<Uint8Array> => {
    const page = await load(first)
    if (at + length <= page.length) return page.subarray(at, at + length)
    const next = await load(first + 1)
    const rest = length - (page.length - at)
    return concatBytes([page.subarray(at), next.subarray(0, rest)])
  }
  const read = (position: number, length: number): Uint8Array | Promise<Uint8Array> => {
    if (length > pageBytes || position < 0 || position + length > source.size) return source.read(position, length)
    const number = Math.floor(position / pageBytes)
    const at = position - number * pageBytes
    const page = kept.get(number)
    if (page === undefined || at + length > page.length) return join(number, at, length)
    return keep(number, page).subarray(at, at + length)
  }
  return { size: source.size, read }
}

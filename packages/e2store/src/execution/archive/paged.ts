import type { ByteSource } from '../../io/byte-source.ts'

/** A source that knows what of it is in memory. */
export interface PagedSource extends ByteSource {
  /** All that is in memory from `position` on, if anything is; up to the end of a page. */
  rest(position: number): Uint8Array | undefined
}

/**
 * A source that reads whole pages and keeps the ones read last, for reads that jump about. A source that is in memory
 * needs no pages.
 *
 * Holds `pages * pageBytes` bytes at most. Pages are never written again: what was read from them stays valid.
 */
export function paged(source: ByteSource, pageBytes: number, pages: number): PagedSource {
  if (source.peek) {
    const { peek } = source
    return { ...source, peek, rest: (position) => peek(position, source.size - position) }
  }
  const kept = new Map<number, Uint8Array>()
  const rest = (position: number): Uint8Array | undefined => {
    const number = Math.floor(position / pageBytes)
    return kept.get(number)?.subarray(position - number * pageBytes)
  }
  const peek = (position: number, length: number): Uint8Array | undefined => {
    const bytes = rest(position)
    return bytes !== undefined && length <= bytes.length ? bytes.subarray(0, length) : undefined
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
  return { size: source.size, peek, rest, read }
}

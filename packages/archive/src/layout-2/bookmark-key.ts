import { viewOf } from '@datastreamer/format'
import type { Sha256 } from '../sha256.ts'

/** What the table of a segment knows a bookmark by. docs/spec/archive.md §7.2. */
export interface BookmarkKey {
  /** First eight bytes of its SHA-256, in two halves: these say in which page it is. */
  readonly high: number
  readonly low: number
  /** Last four bytes of its SHA-256: what stands there. */
  readonly key: number
}

/** The key of a bookmark. */
export function bookmarkKey(bookmark: Uint8Array, sha256: Sha256): BookmarkKey {
  const hash = viewOf(sha256.digest(bookmark))
  return { high: hash.getUint32(0), low: hash.getUint32(4), key: hash.getUint32(28) }
}

/** The page, of so many, in which a bookmark is unless that is full. @param pages less than 2^21 */
export function homePage({ high, low }: Pick<BookmarkKey, 'high' | 'low'>, pages: number): number {
  // All stays below 2^53.
  return Math.floor((high * pages + Math.floor((low * pages) / 2 ** 32)) / 2 ** 32)
}

import type { StreamLog } from '../log/stream-log.ts'
import type { BookmarkIndex } from './bookmark-index.ts'
import { repairBookmarks } from './repair.ts'
import { scanBookmarks } from './scan.ts'
import { MAX_KEY_BYTES } from './slots.ts'

const KEY_SLOT_BYTES = 1 + MAX_KEY_BYTES
const CHUNK_SLOTS = 65_536
/** Most bookmarks that one scan of the log searches for. */
const GROUP_CHUNKS = 8

/** Bookmarks that a truncation removes, 17 bytes each: `length u8 | key 16 bytes`. */
export class TruncatedBookmarks {
  readonly #chunks: Uint8Array[] = []
  #size = 0

  add(key: Uint8Array): void {
    const slot = this.#size % CHUNK_SLOTS
    if (slot === 0) this.#chunks.push(new Uint8Array(CHUNK_SLOTS * KEY_SLOT_BYTES))
    const chunk = this.#chunks.at(-1)
    if (chunk === undefined) return
    chunk[slot * KEY_SLOT_BYTES] = key.length
    chunk.set(key, slot * KEY_SLOT_BYTES + 1)
    this.#size++
  }

  /** All of them, in groups of bounded size; they borrow memory. */
  *groups(): Generator<readonly Uint8Array[]> {
    for (let first = 0; first < this.#chunks.length; first += GROUP_CHUNKS) {
      yield this.#chunks.slice(first, first + GROUP_CHUNKS).flatMap(keysIn)
    }
  }
}

/**
 * The bookmarks from entry `from` on, which a truncation there will remove. To be called before the log is truncated.
 *
 * @throws {DamageError}
 */
export async function truncatedBookmarks(log: StreamLog, from: number): Promise<TruncatedBookmarks> {
  const bookmarks = new TruncatedBookmarks()
  await scanBookmarks(log, from, (key) => bookmarks.add(key))
  return bookmarks
}

/**
 * Remove bookmarks from the index after the log was truncated; those that an earlier entry holds too point there again.
 * Costs one scan of the rest of the log for each 500,000 bookmarks, none if there are none. Commits may go on. If it is
 * interrupted, the index is wrong only in ways that look-ups notice.
 *
 * @throws {DamageError} @throws {DiskError} @throws {RefusedError} `CLOSED`
 * @see docs/spec/stream-file.md §7
 */
export async function removeTruncated(
  log: StreamLog,
  index: BookmarkIndex,
  bookmarks: TruncatedBookmarks,
): Promise<void> {
  for (const group of bookmarks.groups()) {
    await repairBookmarks(log, index, group)
    await index.writable()
  }
}

/** A length of 0 ends a chunk that is not full. */
function keysIn(chunk: Uint8Array): Uint8Array[] {
  const keys: Uint8Array[] = []
  for (let at = 0; at < chunk.length; at += KEY_SLOT_BYTES) {
    const length = chunk[at] ?? 0
    if (length === 0) break
    keys.push(chunk.subarray(at + 1, at + 1 + length))
  }
  return keys
}

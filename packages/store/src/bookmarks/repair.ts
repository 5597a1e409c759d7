import type { ReadableLog } from '../log/readable-log.ts'
import type { BookmarkPut, SearchedIndex } from './bookmark-index.ts'
import { keyText } from './memory-index.ts'
import { bookmarksBackwards, scanBookmarks } from './scan.ts'

/** Number of the last entry of each bookmark that the log has, by the bookmark's text. */
type Found = ReadonlyMap<string, number>

const queues = new WeakMap<ReadableLog, RepairQueue>()

/**
 * Correct an index for some bookmarks, whatever it holds for them: each gets the number of its last entry in the log, or is
 * removed if there is none. Costs at most one scan of the log, and one scan runs at a time: further calls wait for it if it
 * covers their bookmarks, and share the next one otherwise.
 *
 * @param keys of 1 to 16 bytes
 * @returns the numbers, in the order of `keys`
 * @throws {DamageError} @throws {RefusedError} `CLOSED`
 */
export async function repairBookmarks(
  log: ReadableLog,
  index: SearchedIndex,
  keys: readonly Uint8Array[],
): Promise<readonly (number | undefined)[]> {
  const queue = queues.get(log) ?? new RepairQueue(log, index)
  queues.set(log, queue)
  return queue.repair(keys)
}

class RepairQueue {
  readonly #log: ReadableLog
  readonly #index: SearchedIndex
  /** The scan, running or next, that covers a bookmark, by the bookmark's text. */
  readonly #scans = new Map<string, Promise<Found>>()
  /** What the next scan searches for. */
  #waiting = new Map<string, Uint8Array>()
  #next: Promise<Found> | undefined
  #running: Promise<unknown> = Promise.resolve()

  constructor(log: ReadableLog, index: SearchedIndex) {
    this.#log = log
    this.#index = index
  }

  async repair(keys: readonly Uint8Array[]): Promise<readonly (number | undefined)[]> {
    const scans = keys.map((key) => this.#scanFor(key))
    const found = new Map<Promise<Found>, Found>()
    for (const scan of new Set(scans)) found.set(scan, await scan)
    return keys.map((key, i) => found.get(scans[i] as Promise<Found>)?.get(keyText(key)))
  }

  #scanFor(key: Uint8Array): Promise<Found> {
    const text = keyText(key)
    const scan = this.#scans.get(text)
    if (scan !== undefined) return scan
    this.#waiting.set(text, key.slice())
    this.#next ??= this.#running.then(() => this.#scanWaiting())
    this.#scans.set(text, this.#next)
    return this.#next
  }

  #scanWaiting(): Promise<Found> {
    const wanted = this.#waiting
    this.#waiting = new Map()
    this.#next = undefined
    const scan = this.#scan(wanted).finally(() => {
      for (const text of wanted.keys()) this.#scans.delete(text)
    })
    this.#running = scan.catch(() => undefined)
    return scan
  }

  async #scan(wanted: ReadonlyMap<string, Uint8Array>): Promise<Found> {
    let truncations = 0
    const stop = this.#log.listen({ onCommit: () => undefined, onTruncate: () => truncations++ })
    try {
      for (;;) {
        const before = truncations
        let seen = Number(this.#log.header.totalEntries)
        const found = await this.#findLast(wanted, seen)
        while (truncations === before && seen < Number(this.#log.header.totalEntries)) {
          seen = await scanBookmarks(this.#log, seen, (key, number) => {
            const text = keyText(key)
            if (wanted.has(text)) found.set(text, number)
          })
        }
        if (truncations !== before) continue
        // Nothing was awaited since the end of the scan, so no newer put is undone here.
        this.#apply(wanted, found)
        return found
      }
    } finally {
      stop()
    }
  }

  /** The last entry of each bookmark before entry `end`. */
  async #findLast(wanted: ReadonlyMap<string, Uint8Array>, end: number): Promise<Map<string, number>> {
    const found = new Map<string, number>()
    for await (const bookmarks of bookmarksBackwards(this.#log, end)) {
      for (const { key, number } of bookmarks.toReversed()) {
        const text = keyText(key)
        if (wanted.has(text) && !found.has(text)) found.set(text, number)
      }
      if (found.size === wanted.size) break
    }
    return found
  }

  #apply(wanted: ReadonlyMap<string, Uint8Array>, found: Found): void {
    const puts: BookmarkPut[] = []
    const gone: Uint8Array[] = []
    for (const [text, key] of wanted) {
      const number = found.get(text)
      if (number === undefined) gone.push(key)
      else puts.push({ key, number })
    }
    this.#index.put(puts)
    this.#index.remove(gone)
  }
}

import { RefusedError } from '../disk/errors.ts'
import type { BookmarkIndex, BookmarkPut } from './bookmark-index.ts'
import { MAX_KEY_BYTES } from './slots.ts'

/** Number of maps for bookmarks: a single one holds at most 16.7 million, and blocks while it grows. */
const SHARDS = 64

/** An index in memory, for files that are only read, and for tests. */
export class MemoryIndex implements BookmarkIndex {
  readonly failed = false
  readonly #shards = Array.from({ length: SHARDS }, () => new Map<string, number>())
  #closed = false

  /** Number of bookmarks. */
  get size(): number {
    return this.#shards.reduce((sum, shard) => sum + shard.size, 0)
  }

  put(bookmarks: Iterable<BookmarkPut>): void {
    this.#assertOpen()
    for (const { key, number } of bookmarks) this.#shardOf(key)?.set(keyText(key), number)
  }

  remove(keys: readonly Uint8Array[]): void {
    this.#assertOpen()
    for (const key of keys) this.#shardOf(key)?.delete(keyText(key))
  }

  async isAtPath(): Promise<boolean> {
    return true
  }

  async repair(): Promise<void> {}

  async writable(): Promise<void> {}

  async get(key: Uint8Array): Promise<number | undefined> {
    this.#assertOpen()
    if (key.length < 1 || key.length > MAX_KEY_BYTES) return undefined
    return this.#shardOf(key)?.get(keyText(key))
  }

  /** Keys of the bookmarks that point at entry `number` or after it. */
  keysFrom(number: number): Uint8Array[] {
    const keys: Uint8Array[] = []
    for (const shard of this.#shards) {
      for (const [text, at] of shard) if (at >= number) keys.push(keyBytes(text))
    }
    return keys
  }

  async flush(): Promise<void> {
    this.#assertOpen()
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const shard of this.#shards) shard.clear()
  }

  /** Bookmarks mostly end in the low byte of a counter, so their last byte spreads them. */
  #shardOf(key: Uint8Array): Map<string, number> | undefined {
    const last = key[key.length - 1]
    if (last === undefined || key.length > MAX_KEY_BYTES) {
      throw new RangeError(`a bookmark of ${key.length} bytes, expected 1 to ${MAX_KEY_BYTES}`)
    }
    return this.#shards[last % SHARDS]
  }

  #assertOpen(): void {
    if (this.#closed) throw new RefusedError('CLOSED', 'the index is closed')
  }
}

/** A string for each sequence of bytes, with one character for each byte. */
export function keyText(key: Uint8Array): string {
  // Several times faster than a spread or a decoder, and called for every bookmark of a log.
  let text = ''
  for (let i = 0; i < key.length; i++) text += String.fromCharCode(key[i] as number)
  return text
}

/** The bytes of a {@link keyText}. */
export function keyBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0))
}

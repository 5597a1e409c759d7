import type { BookmarkIndex, BookmarkPut } from '../../src/bookmarks/bookmark-index.ts'
import type { Random } from './random.ts'

/** An index that loses the last changes that were not synced, like LevelDB. It outlives the stores that use it. */
export class SimIndex implements BookmarkIndex {
  #log: { readonly key: string; readonly number: number | undefined }[] = []
  #durable = 0

  put(bookmarks: Iterable<BookmarkPut>): void {
    for (const { key, number } of bookmarks) this.#log.push({ key: keyOf(key), number })
  }

  readonly failed = false

  async isAtPath(): Promise<boolean> {
    return true
  }

  async repair(): Promise<void> {}

  async writable(): Promise<void> {}

  async get(key: Uint8Array): Promise<number | undefined> {
    return this.#log.findLast((put) => put.key === keyOf(key))?.number
  }

  async remove(keys: readonly Uint8Array[]): Promise<void> {
    for (const key of keys) this.#log.push({ key: keyOf(key), number: undefined })
  }

  async flush({ sync }: { readonly sync: boolean }): Promise<void> {
    if (sync) this.#durable = this.#log.length
  }

  async close(): Promise<void> {}

  /** Another program put in bookmarks that it never committed, after a number of entries. */
  spoil(random: Random, entries: number): void {
    for (const { key } of this.#log.slice(-3)) this.#log.push({ key, number: random.int(entries, entries + 5) })
    this.#durable = this.#log.length
  }

  /** The power failed. */
  powerOff(random: Random): void {
    this.#log.length = random.int(this.#durable, this.#log.length)
  }
}

function keyOf(key: Uint8Array): string {
  return Buffer.from(key).toString('hex')
}

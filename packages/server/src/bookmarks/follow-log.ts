import { RefusedError } from '../errors.ts'
import type { StreamLog } from '../log/stream-log.ts'
import type { BookmarkIndex, BookmarkPut } from './bookmark-index.ts'
import { MemoryIndex } from './memory-index.ts'
import { repairBookmarks } from './repair.ts'
import { indexLog } from './scan.ts'

/**
 * Build an index in memory by scanning a log, and keep it up to date with what is committed to the log and truncated
 * from it until it is closed. For logs that another process writes, or nobody. The scan goes on in the background: a
 * look-up waits until it has come to where the log ended then.
 */
export function followLog(log: StreamLog): BookmarkIndex {
  const index = new FollowingIndex(log)
  // What goes wrong in the background goes wrong again for whoever looks something up.
  index.catchUp().catch(() => undefined)
  return index
}

class FollowingIndex implements BookmarkIndex {
  readonly failed = false
  readonly #log: StreamLog
  readonly #memory = new MemoryIndex()
  readonly #stop: () => void
  readonly #closing = new AbortController()
  /** Number of the first entry that was not looked at. */
  #next = 0
  #scanning: Promise<void> | undefined

  constructor(log: StreamLog) {
    this.#log = log
    this.#stop = log.listen({
      // What goes wrong in the background goes wrong again for whoever looks something up.
      onCommit: () => void this.catchUp().catch(() => undefined),
      onTruncate: ({ totalEntries }) => this.#onTruncate(Number(totalEntries)),
    })
  }

  put(bookmarks: Iterable<BookmarkPut>): void {
    this.#memory.put(bookmarks)
  }

  remove(keys: readonly Uint8Array[]): void {
    this.#memory.remove(keys)
  }

  async isInPlace(): Promise<boolean> {
    return true
  }

  async mend(): Promise<void> {}

  writable(): Promise<void> {
    return this.#memory.writable()
  }

  async get(key: Uint8Array): Promise<number | undefined> {
    const wanted = Number(this.#log.header.totalEntries)
    while (this.#next < Math.min(wanted, Number(this.#log.header.totalEntries)) && !this.#closing.signal.aborted)
      await this.catchUp()
    return this.#memory.get(key)
  }

  flush(): Promise<void> {
    return this.#memory.flush()
  }

  async close(): Promise<void> {
    this.#closing.abort(new RefusedError('CLOSED', 'the index is closed'))
    this.#stop()
    await this.#memory.close()
  }

  /** Look at what was committed since; those who call it meanwhile wait for the same scan. */
  catchUp(): Promise<void> {
    this.#scanning ??= this.#scan().finally(() => {
      this.#scanning = undefined
    })
    return this.#scanning
  }

  async #scan(): Promise<void> {
    const { signal } = this.#closing
    while (this.#next < Number(this.#log.header.totalEntries)) {
      const { end } = await indexLog(this.#log, this.#memory, { from: this.#next, signal })
      this.#next = end
    }
  }

  /** Until it is mended, look-ups find out by themselves that what the index says is gone. */
  #onTruncate(end: number): void {
    this.#next = Math.min(this.#next, end)
    const keys = this.#memory.keysFrom(end)
    if (keys.length > 0) void repairBookmarks(this.#log, this, keys).catch(() => undefined)
  }
}

import { invariant } from '@datastreamer/format'
import { RefusedError } from '../disk/errors.ts'
import type { LogRun } from '../log/run-reader.ts'
import type { StreamLog } from '../log/stream-log.ts'
import type { BookmarkIndex, BookmarkPut } from './bookmark-index.ts'
import { MemoryIndex } from './memory-index.ts'
import { repairBookmarks } from './repair.ts'
import { indexLog } from './scan.ts'

/** Records what an index was built from; see {@link followLog}. */
export interface ScanWitness {
  /** Number of the entry up to which it was called without a gap: a scan after a truncation begins there. */
  readonly entries: number
  /** Called with each run that was scanned. */
  add(run: LogRun): void
}

/**
 * Build an index in memory by scanning a log, and keep it up to date with commits and truncations until it is closed. For
 * logs that another process writes, or none. The scan runs in the background: a look-up waits until the scan has reached
 * the end of the log at the time of the call.
 */
export function followLog(log: StreamLog, witness?: ScanWitness): BookmarkIndex {
  const index = new FollowingIndex(log, witness)
  // An error in the background occurs again in the next look-up.
  index.catchUp().catch(() => undefined)
  return index
}

/** Invariants: it knows every bookmark before `#next`, which is never beyond the head of the log. */
class FollowingIndex implements BookmarkIndex {
  readonly failed = false
  readonly #log: StreamLog
  readonly #witness: ScanWitness | undefined
  readonly #memory = new MemoryIndex()
  readonly #stop: () => void
  readonly #closing = new AbortController()
  /** Number of the first entry that was not scanned. */
  #next = 0
  /** Where the next scan has to begin after a truncation during a scan. */
  #backTo = Number.POSITIVE_INFINITY
  #scanning: Promise<void> | undefined

  constructor(log: StreamLog, witness?: ScanWitness) {
    this.#log = log
    this.#witness = witness
    this.#stop = log.listen({
      // An error in the background occurs again in the next look-up.
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

  async isAtPath(): Promise<boolean> {
    return true
  }

  async repair(): Promise<void> {}

  writable(): Promise<void> {
    return this.#memory.writable()
  }

  async get(key: Uint8Array): Promise<number | undefined> {
    const wanted = Number(this.#log.header.totalEntries)
    invariant(this.#next <= wanted, 'an index knows more entries than its log has')
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

  /** Scan what was committed since; those who call it meanwhile wait for the same scan. */
  catchUp(): Promise<void> {
    this.#scanning ??= this.#scan().finally(() => {
      this.#scanning = undefined
    })
    return this.#scanning
  }

  async #scan(): Promise<void> {
    const { signal } = this.#closing
    const onRun = (run: LogRun): void => this.#witness?.add(run)
    while (this.#next < Number(this.#log.header.totalEntries)) {
      const from = this.#next
      this.#backTo = Number.POSITIVE_INFINITY
      const { end } = await indexLog(this.#log, this.#memory, { from, onRun, signal })
      this.#next = Math.min(end, this.#backTo)
    }
  }

  /** Until it is repaired, look-ups notice that the entries of the index are gone. */
  #onTruncate(end: number): void {
    const back = Math.min(end, this.#witness?.entries ?? end)
    this.#backTo = Math.min(this.#backTo, back)
    this.#next = Math.min(this.#next, back)
    const keys = this.#memory.keysFrom(end)
    if (keys.length > 0) void repairBookmarks(this.#log, this, keys).catch(() => undefined)
  }
}

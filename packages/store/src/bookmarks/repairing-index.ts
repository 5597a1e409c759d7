import { once } from 'node:events'
import { type Clock, sleep, type Timer } from '@datastreamer/runtime'
import { RefusedError } from '../disk/errors.ts'
import type { StreamLog } from '../log/stream-log.ts'
import type { BookmarkIndex, BookmarkPut } from './bookmark-index.ts'
import { findGap } from './find-gap.ts'
import { gapError, UnusableIndexError } from './index-errors.ts'
import type { LevelBookmarkIndex } from './level-bookmark-index.ts'
import { repairBookmarks } from './repair.ts'
import { indexLog } from './scan.ts'

/** What happens to an index, for logs. */
export type IndexEvent =
  /** It is damaged, or rebuilding it failed; look-ups are answered from the log until it is rebuilt. */
  | { readonly event: 'index-damaged'; readonly file: string; readonly error: Error }
  /** It is whole again. */
  | { readonly event: 'index-rebuilt'; readonly file: string; readonly entries: bigint }

export interface RepairingIndexOptions {
  readonly log: StreamLog
  readonly level: LevelBookmarkIndex
  /** Resolves when the log may be read (default: at once). */
  readonly recovered?: Promise<void> | undefined
  /** Whether it may lack bookmarks of the log until {@link RepairingIndex.caughtUp} is called (default false). */
  readonly isBehind?: boolean | undefined
  /** Why it has to be rebuilt at once, if so. */
  readonly damage?: Error | undefined
  readonly onEvent: (event: IndexEvent) => void
  readonly clock: Clock
  /** Milliseconds before the index is compared with the log for the first time (default 60,000). */
  readonly auditAfterMs?: number | undefined
}

/** Time before a failed rebuild is retried, and the longest after several. */
const FIRST_RETRY_MS = 1000
const LAST_RETRY_MS = 60_000
const FIRST_AUDIT_MS = 60_000
/** Time between two comparisons of index and log. */
const AUDIT_PERIOD_MS = 6 * 3_600_000

/**
 * A LevelDB index that is rebuilt from the log in the background when it is found damaged. Meanwhile commits go on, and
 * look-ups are answered by a scan of the log or once the index is whole, whichever is earlier.
 *
 * @see docs/spec/stream-file.md §5
 */
export class RepairingIndex implements BookmarkIndex {
  readonly #log: StreamLog
  readonly #level: LevelBookmarkIndex
  readonly #onEvent: (event: IndexEvent) => void
  readonly #stopListening: () => void
  readonly #closing = new AbortController()
  readonly #recovered: Promise<void>
  readonly #auditAfterMs: number
  readonly #clock: Clock
  #auditTimer: Timer | undefined
  #auditing: Promise<void> | undefined
  /** Settles when the index is whole again; `undefined` if it is. */
  #rebuilding: Promise<void> | undefined
  /** Settles when LevelDB was renewed, so that a crash does not leave an index that seems whole. */
  #renewed: Promise<void> = Promise.resolve()
  /** Number of the first entry that the rebuild has not reached yet. */
  #next = 0
  /** Whether the rebuild has reached the head, so that later puts go into LevelDB directly. */
  #hasCaughtUp = false
  /** Whether it may still lack bookmarks after opening: look-ups are answered by a scan. */
  #isBehind: boolean

  constructor(options: RepairingIndexOptions) {
    const { log, level, recovered, isBehind = false, damage, onEvent, clock, auditAfterMs = FIRST_AUDIT_MS } = options
    this.#isBehind = isBehind
    this.#recovered = recovered ?? Promise.resolve()
    this.#auditAfterMs = auditAfterMs
    this.#clock = clock
    this.#log = log
    this.#level = level
    this.#onEvent = onEvent
    this.#stopListening = log.listen({
      onCommit: () => undefined,
      onTruncate: ({ totalEntries }) => {
        // Bookmarks that are put later are noticed by look-ups.
        this.#next = Math.min(this.#next, Number(totalEntries))
      },
    })
    if (damage !== undefined) this.#startRebuild(damage)
    level.onDamage((error) => this.#startRebuild(error))
    this.#auditSoon()
  }

  /** Whether it is damaged and not yet rebuilt. */
  get isRebuilding(): boolean {
    return this.#rebuilding !== undefined
  }

  /** It has all bookmarks of the log. */
  caughtUp(): void {
    this.#isBehind = false
  }

  put(bookmarks: Iterable<BookmarkPut>): void {
    this.#assertOpen()
    // The rest is in the log, and the rebuild will reach it.
    this.#level.put(this.#isFilling ? before(bookmarks, this.#next) : bookmarks)
  }

  isAtPath(): Promise<boolean> {
    return this.#level.isAtPath()
  }

  remove(keys: readonly Uint8Array[]): void {
    this.#assertOpen()
    this.#level.remove(keys)
  }

  get scans(): boolean {
    return this.isRebuilding || this.#isBehind
  }

  get failed(): boolean {
    return this.#rebuilding === undefined && this.#level.failed
  }

  async repair(): Promise<void> {
    if (this.#rebuilding === undefined) await this.#level.repair()
  }

  async writable(): Promise<void> {
    await this.#whole(() => this.#level.writable())
  }

  async get(key: Uint8Array): Promise<number | undefined> {
    for (;;) {
      this.#assertOpen()
      const rebuilding = this.#rebuilding
      if (rebuilding !== undefined) {
        const scan = repairBookmarks(this.#log, this, [key]).then(([number]) => ({ number }))
        const first = await Promise.race([scan, rebuilding])
        if (first !== undefined) return first.number
        continue
      }
      if (this.#isBehind) return (await repairBookmarks(this.#log, this, [key]))[0]
      try {
        return await this.#level.get(key)
      } catch (error) {
        if (!(error instanceof UnusableIndexError && this.isRebuilding)) throw error
      }
    }
  }

  async flush(options: { readonly sync: boolean }): Promise<void> {
    await this.#whole(() => this.#level.flush(options))
    // After a crash the index must count as unfinished.
    if (this.#isFilling) await this.#renewed
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#stopListening()
    this.#auditTimer?.cancel()
    await Promise.all([this.#rebuilding, this.#auditing])
    await this.#level.close()
  }

  /** Do work that needs a whole index, unless a rebuild is under way or begins meanwhile. */
  async #whole(work: () => Promise<void>): Promise<void> {
    this.#assertOpen()
    if (this.#isFilling) return
    try {
      await work()
    } catch (error) {
      if (this.#rebuilding === undefined) throw error
    }
  }

  get #isFilling(): boolean {
    return this.#rebuilding !== undefined && !this.#hasCaughtUp
  }

  #startRebuild(damage: Error): void {
    if (this.#rebuilding !== undefined || this.#closing.signal.aborted) return
    this.#next = 0
    this.#onEvent({ event: 'index-damaged', file: this.#log.path, error: damage })
    this.#rebuilding = this.#rebuildUntilDone()
  }

  async #rebuildUntilDone(): Promise<void> {
    const { signal } = this.#closing
    await Promise.race([this.#recovered, once(signal, 'abort')])
    for (let wait = FIRST_RETRY_MS; !signal.aborted; wait = Math.min(2 * wait, LAST_RETRY_MS)) {
      try {
        await this.#rebuild(signal)
        return
      } catch (error) {
        if (signal.aborted) return
        this.#onEvent({ event: 'index-damaged', file: this.#log.path, error: error as Error })
        await sleep(this.#clock, wait, { signal }).catch(() => undefined)
      }
    }
  }

  async #rebuild(signal: AbortSignal): Promise<void> {
    this.#next = 0
    this.#hasCaughtUp = false
    this.#renewed = this.#level.renew()
    await this.#renewed
    const onProgress = (entries: number): void => {
      this.#next = entries
    }
    while (this.#next < Number(this.#log.header.totalEntries)) {
      const { end } = await indexLog(this.#log, this.#level, { from: this.#next, signal, onProgress })
      this.#next = Math.min(end, Number(this.#log.header.totalEntries))
    }
    this.#hasCaughtUp = true
    await this.#level.finish()
    this.#rebuilding = undefined
    this.#onEvent({ event: 'index-rebuilt', file: this.#log.path, entries: this.#log.header.totalEntries })
    this.#auditSoon()
  }

  #auditSoon(afterMs = this.#auditAfterMs): void {
    this.#auditTimer?.cancel()
    if (this.#closing.signal.aborted) return
    const audit = (): void => {
      this.#auditing = this.#audit()
    }
    this.#auditTimer = this.#clock.after(afterMs, audit, { ref: false })
  }

  /** An error here occurs again in the next look-up. */
  async #audit(): Promise<void> {
    const { signal } = this.#closing
    if (this.#rebuilding === undefined && !this.#isBehind) {
      const gap = await findGap(this.#log, this.#level, this.#clock, signal).catch(() => undefined)
      if (gap !== undefined) this.#startRebuild(gapError(this.#log.path, gap))
    }
    this.#auditSoon(AUDIT_PERIOD_MS)
  }

  #assertOpen(): void {
    if (this.#closing.signal.aborted) throw new RefusedError('CLOSED', `${this.#log.path}: the index is closed`)
  }
}

function* before(bookmarks: Iterable<BookmarkPut>, end: number): Generator<BookmarkPut, void, void> {
  for (const bookmark of bookmarks) if (bookmark.number < end) yield bookmark
}

import { InternalError } from '@datastreamer/format'
import type { Clock } from '@datastreamer/runtime'
import { DiskError, RefusedError } from '../disk/errors.ts'
import type { BookmarkPut } from './bookmark-index.ts'
import { DamageSignal } from './damage-signal.ts'
import { indexError, isLocked, lookUpError, lostError, openError, type UnusableIndexError } from './index-errors.ts'
import type { LevelBookmarkIndex } from './level-bookmark-index.ts'
import type { FolderClaim } from './level-folder.ts'
import type { LevelFailure, LevelRequest, LevelWorkerData } from './level-messages.ts'
import { type LevelNotice, LevelThread } from './level-thread.ts'
import { LevelWrites } from './level-writes.ts'

export interface ThreadedIndexOptions {
  /** Released when the index is closed, or could not be opened. */
  readonly claim: FolderClaim
  readonly workerData: LevelWorkerData
  /** Number of bookmarks in memory from which on `writable` waits. */
  readonly maxPending: number
  readonly clock: Clock
}

/** Time between two attempts to reopen LevelDB. */
const REPAIR_PERIOD_MS = 500

/**
 * An index whose LevelDB runs in a thread of its own.
 *
 * Invariants: nothing is written after a failure until a repair has succeeded, and never after a broken invariant, unless the
 * index is renewed; the folder stays locked until the thread has ended.
 */
export class ThreadedIndex implements LevelBookmarkIndex {
  /** Settles when LevelDB is open, or cannot be opened; then nothing is left to close. */
  readonly opened: Promise<void>
  readonly #claim: FolderClaim
  readonly #thread: LevelThread
  /** Settles when the thread has ended and the folder is released. */
  readonly #released: Promise<void>
  readonly #maxPending: number
  readonly #clock: Clock
  readonly #writes: LevelWrites
  #onOpened: { readonly resolve: () => void; readonly reject: (error: Error) => void } | undefined
  /** `waiting`: LevelDB is not open yet because the disk is full; `gone`: its thread has ended. */
  #level: 'opening' | 'waiting' | 'open' | 'gone' = 'opening'
  #failure: Error | undefined
  /** When the next repair may be attempted. */
  #repairAt = 0
  #isRenewing = false
  readonly #damage = new DamageSignal()
  /** Whether another program has opened LevelDB meanwhile. */
  #isLost = false
  #closing: Promise<void> | undefined

  constructor({ claim, workerData, maxPending, clock }: ThreadedIndexOptions) {
    this.#claim = claim
    this.#maxPending = maxPending
    this.#clock = clock
    this.#thread = new LevelThread(workerData, {
      onNotice: (notice) => this.#onNotice(notice),
      onReplied: () => this.#onReplied(),
      onError: (error) => this.#fail(error),
    })
    this.#released = this.#thread.ended.then((error) => this.#onEnded(error))
    this.#writes = new LevelWrites(clock, ({ shared, count }) =>
      this.#thread.post({ t: 'write', slots: shared, count }),
    )
    this.opened = new Promise((resolve, reject) => {
      this.#onOpened = { resolve, reject }
    })
  }

  put(bookmarks: Iterable<BookmarkPut>): void {
    this.#assertOpen()
    if (this.#level === 'open') this.#writes.put(bookmarks)
  }

  remove(keys: readonly Uint8Array[]): void {
    this.#assertOpen()
    if (this.#level === 'open') this.#writes.remove(keys)
  }

  isAtPath(): Promise<boolean> {
    return this.#claim.isAtPath()
  }

  get failed(): boolean {
    return this.#failure !== undefined
  }

  async repair(): Promise<void> {
    const now = this.#clock.now()
    if (this.#failure === undefined || !this.#mayRepair || now < this.#repairAt) return
    this.#repairAt = now + REPAIR_PERIOD_MS
    try {
      await this.#request((id) => ({ t: 'reopen', id }))
    } catch (error) {
      this.#isLost = isLocked(error as Error)
      this.#failure = this.#isLost ? lostError(this.#claim.folder) : (error as Error)
      return
    }
    this.#level = 'open'
    this.#failure = undefined
    this.#writes.resume()
  }

  onDamage(listener: (error: UnusableIndexError) => void): void {
    this.#damage.listen(listener)
  }

  async renew(): Promise<void> {
    this.#assertOpen()
    if (this.#level === 'gone') throw this.#failure
    // Another folder at the path would not be locked.
    const isAtPath = await this.#claim.isAtPath().catch(() => false)
    if (!isAtPath) throw new DiskError('FILE_REPLACED', `${this.#claim.folder} is not the index folder that was opened`)
    this.#isRenewing = true
    // So that nothing is handed over meanwhile.
    this.#fail(new DiskError('WRITE_FAILED', `${this.#claim.folder}: the bookmark index is being renewed`))
    try {
      await this.#request((id) => ({ t: 'renew', id }))
    } finally {
      this.#isRenewing = false
    }
    this.#writes.drop()
    this.#level = 'open'
    this.#failure = undefined
    this.#damage.clear()
    this.#writes.resume()
  }

  async finish(): Promise<void> {
    this.#assertOpen()
    await this.#flush(false)
    await this.#request((id) => ({ t: 'finish', id }))
  }

  async writable(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    // Half of the room must be free again, so that callers wait less often.
    if (this.#writes.waiting >= this.#maxPending) await this.#writes.untilWritten(Math.ceil(this.#maxPending / 2))
  }

  async get(key: Uint8Array): Promise<number | undefined> {
    this.#assertOpen()
    // After a failed write LevelDB can still be read, and the rest is in memory, which does not grow, since nothing is committed
    // until `writable` resolves.
    if (this.#level !== 'open') throw this.#failure
    const pending = this.#writes.find(key)
    if (pending !== undefined) return pending === 'removed' ? undefined : pending
    // A message would copy the whole buffer of the key.
    const copy = key.slice()
    return this.#request((id) => ({ t: 'get', id, key: copy }), lookUpError)
  }

  async flush({ sync }: { readonly sync: boolean }): Promise<void> {
    this.#assertOpen()
    await this.#flush(sync)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    // Starts synchronously, so that everything that was put until now is written.
    const flushed = this.#level === 'waiting' ? undefined : this.#flush(false)
    try {
      await flushed
    } finally {
      if (this.#answers) await this.#request((id) => ({ t: 'close', id })).catch(() => undefined)
      await this.#released
    }
  }

  async #flush(sync: boolean): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    await this.#writes.untilWritten()
    if (sync) await this.#request((id) => ({ t: 'sync', id }))
  }

  #request(make: (id: number) => LevelRequest, errorOf = indexError): Promise<number | undefined> {
    return this.#thread.request(make, (failure: LevelFailure) => {
      const error = errorOf(failure, this.#claim.folder)
      this.#noteDamage(error)
      return error
    })
  }

  #onNotice(notice: LevelNotice): void {
    switch (notice.t) {
      case 'open':
        this.#level = 'open'
        this.#onOpened?.resolve()
        return
      case 'waiting':
        this.#level = 'waiting'
        this.#fail(openError(notice.failure, this.#claim.folder))
        this.#onOpened?.resolve()
        return
      case 'written':
        this.#writes.onWritten()
        return
      case 'damaged':
        this.#noteDamage(indexError(notice.failure, this.#claim.folder))
        return
      case 'failed':
        this.#fail((this.#answers ? indexError : openError)(notice.failure, this.#claim.folder))
    }
  }

  #onReplied(): void {
    const isIdle = !this.#thread.isAwaited && (!this.#writes.isWriting || this.#failure !== undefined)
    // Opening and closing wait for the thread's end.
    if (isIdle && this.#answers && this.#closing === undefined) this.#thread.unref()
  }

  #noteDamage(error: Error): void {
    if (!this.#isRenewing && this.#answers) this.#damage.note(error)
  }

  #fail(failure: Error): void {
    this.#failure ??= failure
    this.#noteDamage(failure)
    this.#writes.stop(this.#failure)
  }

  async #onEnded(error: DiskError): Promise<void> {
    const failure = this.#failure ?? error
    if (this.#closing === undefined) this.#fail(failure)
    this.#level = 'gone'
    this.#writes.drop()
    // A listener may want to reopen the folder.
    await this.#claim.release().catch(() => undefined)
    this.#onOpened?.reject(failure)
    this.#thread.rejectAll(failure)
  }

  /** Whether its thread accepts requests. */
  get #answers(): boolean {
    return this.#level === 'open' || this.#level === 'waiting'
  }

  get #mayRepair(): boolean {
    return this.#answers && !this.#isLost && !(this.#failure instanceof InternalError)
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw new RefusedError('CLOSED', `${this.#claim.folder}: the index is closed`)
  }
}

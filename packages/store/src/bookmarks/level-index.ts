import { Worker } from 'node:worker_threads'
import { type Clock, systemClock, type Timer } from '@datastreamer/runtime'
import { DiskError, RefusedError } from '../disk/errors.ts'
import type { BookmarkIndex, BookmarkPut } from './bookmark-index.ts'
import { indexError, isLocked, lookUpError, lostError, openError, UnusableIndexError } from './index-errors.ts'
import { claimFolder, type FolderClaim, hasLevel } from './level-folder.ts'
import type { LevelFailure, LevelReply, LevelRequest, LevelWorkerData } from './level-messages.ts'
import { PendingBookmarks } from './pending-bookmarks.ts'

/** An index in a LevelDB. */
export interface LevelBookmarkIndex extends BookmarkIndex {
  /** Told once that it is damaged: it cannot be used any more before it is renewed. */
  onDamage(listener: (error: UnusableIndexError) => void): void
  /**
   * Begin anew, empty and unfinished, whatever is there; what waits to be written is forgotten. The folder stays locked.
   *
   * @throws {DiskError} `WRITE_FAILED`, `FILE_REPLACED`
   */
  renew(): Promise<void>
  /**
   * Make durable what was put so far, and that this is all that the index should hold. One that was made, or made anew,
   * counts as damaged when it is opened again without this.
   *
   * @throws as `flush`
   */
  finish(): Promise<void>
}

export interface LevelIndexOptions {
  readonly folder: string
  readonly createIfMissing: boolean
  /** Begin an empty one in the place of what is there, damaged or not (default false). */
  readonly fresh?: boolean | undefined
  /** Bookmarks in memory, 25 bytes each, from which on `writable` waits (default 2,000,000). */
  readonly maxPendingBookmarks?: number | undefined
  /**
   * Open it also if the disk has no room for what LevelDB writes then (default false): it has `failed`, takes nothing and
   * finds nothing until `repair` has opened LevelDB.
   */
  readonly mayWaitForRoom?: boolean | undefined
  /** The right to the folder, if the caller has it already; closing the index gives it up. */
  readonly claim?: FolderClaim | undefined
  readonly signal?: AbortSignal | undefined
  /** Default: this machine's. The checks of its tables, in a thread of their own, have the system's in any case. */
  readonly clock?: Clock | undefined
}

/** Changes that go to the worker together, and are written in one batch. */
const SEGMENT_SLOTS = 4096
/** Segments that the worker has at a time: one is filled into a batch while the other is written. */
const MAX_HANDED_OVER = 2
const DEFAULT_MAX_PENDING = 2_000_000
/** Time between two tries to open LevelDB again. */
const REPAIR_PERIOD_MS = 500
/** How long a segment that is not full may wait for more: each goes to another thread, which costs more than a bookmark. */
const WRITE_DELAY_MS = 5

/**
 * Open the index in the LevelDB that Go servers use: key = the bookmark's bytes, value = the entry's number, u64
 * big-endian. As long as it is open it also is the lock of the stream file's one writer; a process that died holds none.
 *
 * @throws {LockedError} if another process, another index of this one or a Go server has it open
 * @throws {UnusableIndexError} if it is not there or damaged: open it with `fresh` and index the log again
 * @throws {DiskError} `WRITE_FAILED`
 * @see docs/spec/stream-file.md §5
 */
export async function openLevelIndex(options: LevelIndexOptions): Promise<LevelBookmarkIndex> {
  const { folder, createIfMissing, fresh = false, maxPendingBookmarks = DEFAULT_MAX_PENDING, signal } = options
  const { mayWaitForRoom: mayWait = false, clock = systemClock } = options
  signal?.throwIfAborted()
  // Held by this thread too, so that it stays in memory when the worker ends: a thread of LevelDB's own may still run in it.
  await import('classic-level')
  const claim = options.claim ?? (await claimFolder(folder, createIfMissing || fresh))
  // Without its `CURRENT`, what is there is left of one that was being removed.
  const isFresh = fresh || !(await hasLevel(claim.folder))
  const workerData: LevelWorkerData = {
    folder: claim.folder,
    createIfMissing: createIfMissing || fresh,
    fresh: isFresh,
    mayWait,
  }
  const worker = new Worker(workerFile(), { workerData, execArgv: [] })
  const index = new LevelIndex(claim, worker, maxPendingBookmarks, clock)
  await index.opened
  if (signal?.aborted === true) await index.close()
  signal?.throwIfAborted()
  return index
}

/** The worker lies beside this module, in the sources and in the bundle. */
function workerFile(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? './level-worker.ts' : './level-worker.js', import.meta.url)
}

interface Waiter<T> {
  readonly resolve: (value: T) => void
  readonly reject: (error: Error) => void
  readonly isLookUp?: boolean
}

function threadError(folder: string, how: string): DiskError {
  return new DiskError('STORE_BROKEN', `${folder}: the thread of the bookmark index ended: ${how}`)
}

class LevelIndex implements LevelBookmarkIndex {
  /** Settles when LevelDB is open, or cannot be opened; then nothing is left to be closed. */
  readonly opened: Promise<void>
  readonly #claim: FolderClaim
  readonly #worker: Worker
  readonly #exited: Promise<void>
  readonly #maxPending: number
  readonly #clock: Clock
  readonly #pending = new PendingBookmarks(SEGMENT_SLOTS)
  readonly #requests = new Map<number, Waiter<number | undefined>>()
  /** Those who wait until so many changes are written. */
  readonly #waiters = new Set<Waiter<void> & { readonly target: number }>()
  #onOpened: Waiter<void> | undefined
  #nextId = 0
  #pumpTimer: Timer | undefined
  /** Whether a segment that is not full has waited long enough. */
  #partDue = false
  /** `waiting`: LevelDB is not open yet for want of room; `gone`: its thread has ended. */
  #level: 'opening' | 'waiting' | 'open' | 'gone' = 'opening'
  #failure: Error | undefined
  /** When it may be tried again to repair what failed. */
  #repairAt = 0
  #isRenewing = false
  #onDamage: ((error: UnusableIndexError) => void) | undefined
  #damage: UnusableIndexError | undefined
  /** Whether another program has taken LevelDB. */
  #isLost = false
  #closing: Promise<void> | undefined

  constructor(claim: FolderClaim, worker: Worker, maxPending: number, clock: Clock) {
    this.#claim = claim
    this.#worker = worker
    this.#maxPending = maxPending
    this.#clock = clock
    this.#exited = new Promise((resolve) => worker.once('exit', (code) => void this.#onExit(code).then(resolve)))
    worker.on('message', (reply: LevelReply) => this.#onReply(reply))
    worker.on('error', (cause) => this.#fail(threadError(claim.folder, String(cause))))
    this.opened = new Promise((resolve, reject) => {
      this.#onOpened = { resolve, reject }
    })
  }

  put(bookmarks: Iterable<BookmarkPut>): void {
    this.#assertOpen()
    if (this.#level !== 'open') return
    for (const { key, number } of bookmarks) this.#pending.put(key, number)
    this.#pumpWhenDue()
  }

  remove(keys: readonly Uint8Array[]): void {
    this.#assertOpen()
    if (this.#level !== 'open') return
    for (const key of keys) this.#pending.remove(key)
    this.#pumpWhenDue()
  }

  isAtPath(): Promise<boolean> {
    return this.#claim.isAtPath()
  }

  get failed(): boolean {
    return this.#failure !== undefined
  }

  async repair(): Promise<void> {
    const now = this.#clock.now()
    if (this.#failure === undefined || !this.#answers || this.#isLost || now < this.#repairAt) return
    this.#repairAt = now + REPAIR_PERIOD_MS
    try {
      await this.#request((id) => ({ t: 'reopen', id }))
    } catch (error) {
      this.#isLost = isLocked(error as Error)
      this.#failure = this.#isLost ? lostError(this.#claim.folder) : (error as Error)
      return
    }
    this.#level = 'open'
    this.#pending.takeBack()
    this.#failure = undefined
    this.#pump()
  }

  onDamage(listener: (error: UnusableIndexError) => void): void {
    this.#onDamage = listener
    if (this.#damage !== undefined) listener(this.#damage)
  }

  async renew(): Promise<void> {
    this.#assertOpen()
    if (this.#level === 'gone') throw this.#failure
    // What would be made in another folder of that name would have no lock.
    const isAtPath = await this.#claim.isAtPath().catch(() => false)
    if (!isAtPath) throw new DiskError('FILE_REPLACED', `${this.#claim.folder} is not the index folder that was opened`)
    this.#isRenewing = true
    // Nothing is handed over meanwhile.
    this.#fail(new DiskError('WRITE_FAILED', `${this.#claim.folder}: the bookmark index begins anew`))
    try {
      await this.#request((id) => ({ t: 'renew', id }))
    } finally {
      this.#isRenewing = false
    }
    this.#pending.drop()
    this.#level = 'open'
    this.#failure = undefined
    this.#damage = undefined
  }

  async finish(): Promise<void> {
    this.#assertOpen()
    await this.#flush(false)
    await this.#request((id) => ({ t: 'finish', id }))
  }

  async writable(): Promise<void> {
    const { added, written } = this.#pending
    if (this.#failure !== undefined) throw this.#failure
    // Half of the room must be free again, so that whoever waits does so seldom.
    if (added - written >= this.#maxPending) await this.#untilWritten(added - Math.ceil(this.#maxPending / 2))
  }

  async get(key: Uint8Array): Promise<number | undefined> {
    this.#assertOpen()
    // Where a write failed, what LevelDB has can be looked up there, and the rest in memory, which grows no more since
    // nothing is committed before `writable` resolves.
    if (this.#level !== 'open') throw this.#failure
    const pending = this.#pending.find(key)
    if (pending !== undefined) return pending === 'removed' ? undefined : pending
    // A message takes all of the memory that the key is a part of.
    const copy = key.slice()
    return this.#request((id) => ({ t: 'get', id, key: copy }), true)
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
    // Begins before the first wait, so that all that was put until now is written.
    const flushed = this.#level === 'waiting' ? undefined : this.#flush(false)
    try {
      await flushed
    } finally {
      if (this.#answers) await this.#request((id) => ({ t: 'close', id })).catch(() => undefined)
      await this.#exited
    }
  }

  async #flush(sync: boolean): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    await this.#untilWritten(this.#pending.added)
    if (sync) await this.#request((id) => ({ t: 'sync', id }))
  }

  #untilWritten(target: number): Promise<void> {
    if (this.#pending.written >= target) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.#waiters.add({ target, resolve, reject })
      this.#pump()
    })
  }

  #request(make: (id: number) => LevelRequest, isLookUp = false): Promise<number | undefined> {
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#requests.set(id, { resolve, reject, isLookUp })
      this.#post(make(id))
    })
  }

  #post(request: LevelRequest): void {
    // While something is under way the process stays.
    this.#worker.ref()
    this.#worker.postMessage(request)
  }

  #pumpWhenDue(): void {
    if (this.#pending.hasFull) this.#pump()
    this.#pumpTimer ??= this.#clock.after(WRITE_DELAY_MS, () => {
      this.#pumpTimer = undefined
      this.#partDue = true
      this.#pump()
    })
  }

  /**
   * Hand segments to the worker: full ones as many as it may have; one that is not full only if it is due or waited for,
   * and the worker has nothing to do.
   */
  #pump(): void {
    if (this.#failure !== undefined) return
    while (this.#pending.handedOver < MAX_HANDED_OVER) {
      const partToo = this.#pending.handedOver === 0 && (this.#partDue || this.#waiters.size > 0)
      if (!this.#pending.hasFull && !partToo) return
      if (!this.#pending.hasFull) this.#partDue = false
      const segment = this.#pending.handOver()
      if (segment === undefined) return
      this.#post({ t: 'write', slots: segment.shared, count: segment.count })
    }
  }

  #onReply(reply: LevelReply): void {
    switch (reply.t) {
      case 'open':
        this.#level = 'open'
        this.#onOpened?.resolve()
        break
      case 'waiting':
        this.#level = 'waiting'
        this.#failure = openError(reply.failure, this.#claim.folder)
        this.#onOpened?.resolve()
        break
      case 'written':
        this.#pending.release()
        this.#wakeWaiters()
        this.#pump()
        break
      case 'answer':
        this.#take(reply.id)?.resolve(reply.number)
        break
      case 'refused':
        this.#onRefused(reply.id, reply.failure)
        break
      case 'damaged':
        this.#noteDamage(indexError(reply.failure, this.#claim.folder))
        break
      case 'failed':
        this.#fail((this.#answers ? indexError : openError)(reply.failure, this.#claim.folder))
    }
    const idle = (this.#pending.handedOver === 0 || this.#failure !== undefined) && this.#requests.size === 0
    // Whoever opens or closes waits for the thread's end.
    if (idle && this.#answers && this.#closing === undefined) this.#worker.unref()
  }

  #take(id: number): Waiter<number | undefined> | undefined {
    const waiter = this.#requests.get(id)
    this.#requests.delete(id)
    return waiter
  }

  #onRefused(id: number, failure: LevelFailure): void {
    const waiter = this.#take(id)
    const error = (waiter?.isLookUp === true ? lookUpError : indexError)(failure, this.#claim.folder)
    this.#noteDamage(error)
    waiter?.reject(error)
  }

  #noteDamage(error: Error): void {
    if (!(error instanceof UnusableIndexError) || this.#damage !== undefined || this.#isRenewing || !this.#answers)
      return
    this.#damage = error
    this.#onDamage?.(error)
  }

  #wakeWaiters(): void {
    for (const waiter of this.#waiters) {
      if (waiter.target > this.#pending.written) continue
      this.#waiters.delete(waiter)
      waiter.resolve()
    }
  }

  #fail(failure: Error): void {
    this.#failure ??= failure
    this.#noteDamage(failure)
    for (const waiter of this.#waiters) waiter.reject(this.#failure)
    this.#waiters.clear()
  }

  async #onExit(code: number): Promise<void> {
    const failure = this.#failure ?? threadError(this.#claim.folder, `status ${code}`)
    if (this.#closing === undefined) this.#fail(failure)
    this.#level = 'gone'
    this.#pending.drop()
    // Whoever is told may want to open the folder again.
    await this.#claim.release().catch(() => undefined)
    this.#onOpened?.reject(failure)
    for (const { reject } of this.#requests.values()) reject(failure)
    this.#requests.clear()
  }

  /** Whether its thread takes requests. */
  get #answers(): boolean {
    return this.#level === 'open' || this.#level === 'waiting'
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw new RefusedError('CLOSED', `${this.#claim.folder}: the index is closed`)
  }
}

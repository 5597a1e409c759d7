import { sameEntry } from '@datastreamer/format'
import { KeyList } from '../bookmarks/key-list.ts'
import { scanBookmarks } from '../bookmarks/scan.ts'
import { DiskError, RefusedError } from '../disk/errors.ts'
import { messageOf } from '../disk/message-of.ts'
import { beforeBase } from '../log/base.ts'
import { type CommitPoint, samePoint } from '../log/commit-point.ts'
import type { StreamLog } from '../log/stream-log.ts'
import type { CommitPipeline } from '../write/commit-pipeline.ts'
import { type DropParts, freeDropped, moveBase, nextBase, removeDropped, secureBase } from '../write/drop.ts'
import type { StoreEvent } from '../write/events.ts'
import type { Exclusive } from '../write/exclusive.ts'
import type { StateOfStore } from '../write/store-state.ts'
import { type TruncateParts, truncateLog } from '../write/truncate.ts'
import { type UpdateParts, updateLog } from '../write/update.ts'

export interface StoreChangesParts {
  readonly log: StreamLog
  readonly pipeline: CommitPipeline
  readonly exclusive: Exclusive
  readonly state: StateOfStore
  readonly truncating: TruncateParts
  readonly updating: UpdateParts
  readonly dropping: DropParts
  readonly onEvent: (event: StoreEvent) => void
}

/** Changes of what is committed: they run alone, after all commits that are queued. */
export class StoreChanges {
  readonly #parts: StoreChangesParts
  #isTruncating = false
  #dropping: Promise<unknown> = Promise.resolve()

  constructor(parts: StoreChangesParts) {
    this.#parts = parts
  }

  /** Whether a truncation is queued or under way. */
  get isTruncating(): boolean {
    return this.#isTruncating
  }

  /** See `StreamStore.updateEntryData`. */
  async update(number: bigint, type: number, data: Uint8Array): Promise<void> {
    const { log, exclusive, updating, pipeline } = this.#parts
    await exclusive.change(async () => {
      const old = await log.entry(number)
      if (old === undefined) throw this.#notFound(number)
      if (old.type !== type || old.data.length !== data.length) {
        const found = `type ${old.type} with ${old.data.length} bytes`
        throw new RefusedError('ENTRY_DIFFERS', `entry ${number} is of ${found}, not type ${type} with ${data.length}`)
      }
      const entry = { type, number, data }
      if (!sameEntry(old, entry)) await updateLog(updating, entry, pipeline.lastPage)
    })
  }

  /** See `StreamStore.truncateFile`. */
  async truncate(number: bigint): Promise<void> {
    this.#isTruncating = true
    try {
      await this.#parts.exclusive.change(() => this.#truncate(number))
    } finally {
      this.#isTruncating = false
    }
  }

  /** See `StreamStore.dropBefore`. One call at a time. */
  drop(number: bigint): Promise<CommitPoint> {
    const dropped = this.#dropping.then(() => this.#drop(Number(number)))
    this.#dropping = dropped.catch(() => undefined)
    return dropped
  }

  async #truncate(number: bigint): Promise<void> {
    const { log, truncating, state, pipeline, onEvent } = this.#parts
    const from = log.header
    if (number >= 0n && number < log.base.totalEntries) throw beforeBase(log.path, number, log.base)
    if (number < 0n || number >= from.totalEntries) throw this.#notFound(number)
    try {
      await truncateLog(truncating, Number(number))
    } catch (cause) {
      // Once the commit point has moved, index and commit log may no longer agree with the log.
      if (samePoint(log.header, from)) throw cause
      state.break(cause)
      pipeline.continueAtHead()
      const message = `the disk failed while the file was truncated: ${messageOf(cause)}`
      throw new DiskError('OUTCOME_UNKNOWN', message, { cause })
    }
    pipeline.continueAtHead()
    onEvent({ event: 'truncated', file: log.path, from, to: log.header })
  }

  async #drop(number: number): Promise<CommitPoint> {
    const { log, exclusive, dropping, onEvent } = this.#parts
    const from = log.base
    while (await this.#dropSome(number)) {}
    if (!samePoint(log.base, from)) onEvent({ event: 'dropped', file: log.path, from, to: log.base })
    await exclusive.change(() => secureBase(dropping))
    await freeDropped(dropping)
    return log.base
  }

  /** Give up the first pages before an entry; returns whether there may be more. */
  async #dropSome(number: number): Promise<boolean> {
    const { log, exclusive, dropping } = this.#parts
    const epoch = await log.steadyEpoch()
    const to = await nextBase(dropping, number)
    if (samePoint(to, log.base)) return false
    const bookmarks = new KeyList()
    await scanBookmarks(log, log.firstEntry, (key) => bookmarks.add(key), { to: Number(to.totalEntries) })
    await exclusive.change(async () => {
      // After a change the file may not be able to begin there.
      if (log.isSteadySince(epoch)) await moveBase(dropping, to)
    })
    if (samePoint(to, log.base)) await removeDropped(dropping, bookmarks, (work) => exclusive.between(work))
    return true
  }

  #notFound(number: bigint): RefusedError {
    return new RefusedError(
      'ENTRY_NOT_FOUND',
      `no entry ${number}, the stream has ${this.#parts.log.header.totalEntries}`,
    )
  }
}

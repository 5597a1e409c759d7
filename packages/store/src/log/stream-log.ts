import { decodeEntry, type Entry, type Header, invariant } from '@datastreamer/format'
import { type Clock, systemClock } from '@datastreamer/runtime'
import type { CommitPoint } from './commit-point.ts'
import { DamagedRanges } from './damaged-ranges.ts'
import { EntrySearch } from './entry-search.ts'
import { LentMemory } from './lent-memory.ts'
import { LogChanges } from './log-changes.ts'
import { LogRuns, type LogRunsOptions } from './log-runs.ts'
import { type LogUpdate, type ReplicaStart, sentError } from './log-update.ts'
import { PageDirectory } from './page-directory.ts'
import type { LogListener, ReadableLog, RunOptions } from './readable-log.ts'
import { type ReplicaLink, Replicas } from './replicas.ts'
import type { LogPosition, LogRun } from './run-reader.ts'
import { Truncations } from './truncations.ts'

/** Bytes that are read for one entry: most are smaller, others are read again, whole. */
const ENTRY_READ_BYTES = 4 * 1024

export interface StreamLogOptions extends Omit<LogRunsOptions, 'changes' | 'damages'> {
  readonly header: Header
  /** Default: this machine's. */
  readonly clock?: Clock | undefined
}

/**
 * The committed log: the file up to the commit point, with listeners for its changes. Readers are cursors in it.
 *
 * Invariants: the commit point moves forward by {@link advance} and back by {@link truncate}, `totalLength` and
 * `totalEntries` alike; bytes before it change only by {@link change}.
 */
export class StreamLog implements ReadableLog {
  readonly path: string
  /** Its truncations. */
  readonly truncations: Truncations = new Truncations()
  readonly #clock: Clock
  readonly #changes: LogChanges = new LogChanges(this.truncations)
  readonly #runs: LogRuns
  readonly #directory: PageDirectory
  readonly #search: EntrySearch
  readonly #memory = new LentMemory(ENTRY_READ_BYTES)
  readonly #listeners = new Set<LogListener>()
  readonly #replicas: Replicas
  #header: Header
  #announced = false

  /** @internal */
  constructor({ file, path, header, buffers, readBytes, clock = systemClock }: StreamLogOptions) {
    this.path = path
    this.#header = header
    this.#clock = clock
    const changes = this.#changes
    this.#replicas = new Replicas(buffers)
    const damages = new DamagedRanges(() => this.#replicas.damages(damages.all))
    this.#runs = new LogRuns({ file, path, buffers, changes, damages, readBytes })
    this.#directory = new PageDirectory(file, path, buffers)
    const endOf = (): CommitPoint => this.#header
    this.#search = new EntrySearch({ directory: this.#directory, runs: this.#runs, changes, endOf })
  }

  /** Known damage: reading it fails. */
  get damages(): DamagedRanges {
    return this.#runs.damages
  }

  /** The header; its totals are the commit point. */
  get header(): Header {
    return this.#header
  }

  /** Notify `listener` of commits and truncations until the returned function is called. */
  listen(listener: LogListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Have what was read from the file confirmed before it is delivered: if another program writes the file, it may be of
   * another history by then, and `confirm` truncates the log.
   */
  confirmReads(confirm: () => Promise<void>): void {
    this.#runs.confirmReads(confirm)
  }

  /** Resolves when what was read from the file until now is confirmed, or the log was truncated. @throws the refusal */
  confirmed(): Promise<void> {
    return this.#runs.confirmed()
  }

  /** Fail whatever is read from the file from now on: it is not what was written. `undefined`: no longer. */
  refuseReads(refusal: Error | undefined): void {
    this.#runs.refuseReads(refusal)
    this.#replicas.refusal(refusal && sentError(refusal))
  }

  /**
   * Begin a replica of this log, for another thread.
   *
   * @param send posts to that thread what happens to the log from now on
   * @returns what the replica begins with, and what connects it to this log
   */
  replicate(send: (update: LogUpdate) => void): { readonly start: ReplicaStart; readonly link: ReplicaLink } {
    const { path, damages, header } = this
    const { refusal, confirmsReads } = this.#runs
    const start = { path, header, damages: damages.all, refusal: refusal && sentError(refusal), confirmsReads }
    return { start, link: this.#replicas.add(send) }
  }

  /** Whether its path still leads to its file. */
  isAtPath(): Promise<boolean> {
    return this.#runs.isAtPath()
  }

  /** Resolves when every replica has done all that happened to this log until now. */
  replicasAgreed(): Promise<void> {
    return this.#replicas.agreed()
  }

  /** Move the commit point forward. Replicas are sent it at once, listeners are notified soon, once for all commits of this turn of the event loop. */
  advance({ totalLength, totalEntries }: CommitPoint): void {
    const { totalLength: length, totalEntries: entries } = this.#header
    invariant(
      totalLength >= length && totalEntries >= entries,
      `the commit point goes back from ${entries} to ${totalEntries} entries`,
    )
    this.#header = { ...this.#header, totalLength, totalEntries }
    this.#replicas.commit({ totalLength, totalEntries })
    if (this.#announced) return
    this.#announced = true
    this.#clock.soon(() => {
      this.#announced = false
      for (const listener of this.#listeners) listener.onCommit()
    })
  }

  /** Move the commit point back. Bytes after it may change once {@link replicasAgreed}. */
  truncate({ totalLength, totalEntries }: CommitPoint): void {
    const { totalLength: length, totalEntries: entries } = this.#header
    invariant(totalLength <= length && totalEntries <= entries, `truncated from ${entries} to ${totalEntries} entries`)
    this.#removeAfter({ totalLength, totalEntries })
  }

  #removeAfter({ totalLength, totalEntries }: CommitPoint): void {
    this.#changes.truncated(Number(totalEntries))
    this.#directory.forgetFrom(totalLength)
    this.damages.truncateAt({ totalLength, totalEntries })
    this.#header = { ...this.#header, totalLength, totalEntries }
    this.#replicas.truncate({ totalLength, totalEntries })
    for (const listener of this.#listeners) listener.onTruncate(this.#header)
  }

  /** Move the commit point to where a recovery found it. The header that was read may be torn. */
  moveTo(point: CommitPoint): void {
    const { totalLength, totalEntries } = this.#header
    if (point.totalLength >= totalLength && point.totalEntries >= totalEntries) this.advance(point)
    else this.#removeAfter(point)
  }

  /** Change committed bytes, from an entry on, in place by `work`; reads from disk wait for it, or are repeated. */
  change(work: () => Promise<void>, from?: LogPosition): Promise<void> {
    return this.#changes.change(async () => {
      try {
        await this.#replicas.change()
        await work()
      } finally {
        this.#replicas.changed()
        if (from !== undefined) for (const listener of this.#listeners) listener.onUpdate?.(from)
      }
    })
  }

  /** Grows when committed bytes begin to change, when they have changed, and when some are found to be damaged. */
  get epoch(): number {
    return this.#changes.epoch + this.damages.additions
  }

  /** Waits until no committed bytes are being changed, and returns a number that grows with every change. */
  steadyEpoch(): Promise<number> {
    return this.#changes.steadyEpoch()
  }

  /** Whether no committed bytes were changed since {@link steadyEpoch} returned `epoch`. */
  isSteadySince(epoch: number): boolean {
    return this.#changes.epoch === epoch
  }

  /**
   * The position of entry `number`.
   *
   * @param number 0 to `totalEntries`, which gives the commit point
   * @throws {RangeError} if it is larger
   */
  async locate(number: number): Promise<LogPosition> {
    const position = await this.#search.find(number)
    if (position === undefined) throw new RangeError(`entry ${number} of ${this.#header.totalEntries}`)
    return position
  }

  /** The position of entry `number` if it is among the newest, which are in memory, or the commit point. */
  locateInMemory(number: number): LogPosition | undefined {
    return this.#search.findInMemory(number)
  }

  /**
   * The run at a position, if it is in memory, not known to be damaged, and an entry of that number begins there.
   *
   * @param end the end of the log for the caller: the commit point, or for the writer the next one
   */
  runInMemory(from: LogPosition, end: CommitPoint = this.#header): LogRun | undefined {
    return this.#runs.inMemory(from, end)
  }

  /**
   * The run at a position before the commit point, from the file, or `undefined` if a truncation removed it.
   *
   * @throws {DamageError} if there is no whole entry of that number, or it is known to be damaged
   */
  runOnDisk(from: LogPosition, options: RunOptions = {}): Promise<LogRun | undefined> {
    return this.#runs.onDisk(from, () => options.end ?? this.#header, options)
  }

  /**
   * The run at a position before the commit point as it is found, even if it is known to be damaged: for an index, whose
   * answers are compared with the log.
   *
   * @throws {DamageError} if there is no whole entry of that number
   */
  runAsFound(from: LogPosition, maxBytes?: number): Promise<LogRun | undefined> {
    return this.#runs.asFound(from, () => this.#header, maxBytes)
  }

  /** Entry `number`, its data a copy, or `undefined` if it is not committed. @throws {DamageError} */
  async entry(number: bigint): Promise<Entry | undefined> {
    for (;;) {
      if (number < 0n || number >= this.#header.totalEntries) return undefined
      const epoch = this.#changes.epoch
      const from = await this.#search.find(Number(number))
      if (from === undefined) return undefined
      const entry = await this.#memory.lend(async (into) => {
        const run = this.runInMemory(from) ?? (await this.runOnDisk(from, { into }))
        return run && copyOfFirst(run)
      })
      if (epoch === this.#changes.epoch && entry !== undefined) return entry
    }
  }
}

function copyOfFirst({ bytes }: LogRun): Entry | undefined {
  const entry = decodeEntry(bytes)
  return entry && { ...entry, data: entry.data.slice() }
}

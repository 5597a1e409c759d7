import { decodeEntry, type Entry, type Header, invariant } from '@datastreamer/format'
import { type Clock, systemClock } from '@datastreamer/runtime'
import type { CommitPoint } from './commit-point.ts'
import type { DamagedRanges } from './damaged-ranges.ts'
import { EntrySearch, SEARCH_BYTES } from './entry-search.ts'
import { LogChanges } from './log-changes.ts'
import { LogRuns, type LogRunsOptions } from './log-runs.ts'
import { PageDirectory } from './page-directory.ts'
import type { LogListener, ReadableLog, RunOptions } from './readable-log.ts'
import type { LogPosition, LogRun } from './run-reader.ts'
import { Truncations } from './truncations.ts'

export interface LogOptions extends Omit<LogRunsOptions, 'changes'> {
  readonly header: Header
  /** Default: this machine's. */
  readonly clock?: Clock | undefined
}

/**
 * The committed log: the file up to the commit point, and those who wait for it to move. Readers are cursors in it.
 *
 * Invariants: the commit point moves forward by {@link advance} and back by {@link truncate}, `totalLength` and
 * `totalEntries` alike; bytes before it change only by {@link change}.
 */
export class StreamLog implements ReadableLog {
  readonly path: string
  /** What was truncated of it. */
  readonly truncations: Truncations = new Truncations()
  readonly #clock: Clock
  readonly #changes: LogChanges = new LogChanges(this.truncations)
  readonly #runs: LogRuns
  readonly #directory: PageDirectory
  readonly #search: EntrySearch
  readonly #listeners = new Set<LogListener>()
  #header: Header
  #announced = false

  /** @internal */
  constructor({ file, path, header, buffers, readBytes, clock = systemClock }: LogOptions) {
    this.path = path
    this.#header = header
    this.#clock = clock
    const changes = this.#changes
    this.#runs = new LogRuns({ file, path, buffers, changes, readBytes })
    this.#directory = new PageDirectory(file, path, buffers)
    const endOf = (): CommitPoint => this.#header
    this.#search = new EntrySearch({ directory: this.#directory, runs: this.#runs, changes, endOf })
  }

  /** What is known to be damaged: it is not read as if it were whole. */
  get damages(): DamagedRanges {
    return this.#runs.damages
  }

  /** The header, standing between two atomic operations. */
  get header(): Header {
    return this.#header
  }

  /** Notify `listener` of commits and truncations until the returned function is called. */
  listen(listener: LogListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Have what was read from the file confirmed before it is given to anybody: where another program writes the file, it may
   * be another history's by then, and `confirm` then truncates the log.
   */
  confirmReads(confirm: () => Promise<void>): void {
    this.#runs.confirmReads(confirm)
  }

  /** Move the commit point forward. Listeners are notified soon, once for all commits of this turn of the event loop. */
  advance({ totalLength, totalEntries }: CommitPoint): void {
    const { totalLength: length, totalEntries: entries } = this.#header
    invariant(
      totalLength >= length && totalEntries >= entries,
      `the commit point goes back from ${entries} to ${totalEntries} entries`,
    )
    this.#header = { ...this.#header, totalLength, totalEntries }
    if (this.#announced) return
    this.#announced = true
    this.#clock.soon(() => {
      this.#announced = false
      for (const listener of this.#listeners) listener.onCommit()
    })
  }

  /** Move the commit point back. Must be called before bytes after it change. */
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
    for (const listener of this.#listeners) listener.onTruncate(this.#header)
  }

  /** Move the commit point to where a recovery found it. The header that was read may be torn, and fit nothing. */
  moveTo(point: CommitPoint): void {
    const { totalLength, totalEntries } = this.#header
    if (point.totalLength >= totalLength && point.totalEntries >= totalEntries) this.advance(point)
    else this.#removeAfter(point)
  }

  /** Change committed bytes in place by `work`; reads from disk wait for it, or are done again. */
  change(work: () => Promise<void>): Promise<void> {
    return this.#changes.change(work)
  }

  /** A number that grows whenever committed bytes change, at a time when none are being changed. */
  steadyEpoch(): Promise<number> {
    return this.#changes.steadyEpoch()
  }

  /** Whether no committed bytes were changed since {@link steadyEpoch} gave `epoch`. */
  isSteadySince(epoch: number): boolean {
    return this.#changes.epoch === epoch
  }

  /**
   * Where entry `number` begins.
   *
   * @param number 0 to `totalEntries`, which gives the commit point
   * @throws {RangeError} if it is beyond
   */
  async locate(number: number): Promise<LogPosition> {
    const position = await this.#search.find(number)
    if (position === undefined) throw new RangeError(`entry ${number} of ${this.#header.totalEntries}`)
    return position
  }

  /**
   * The run at a position, if it is in memory, not known to be damaged, and an entry of that number begins there.
   *
   * @param end where the log ends for the caller: the commit point, or for the writer what is to become that
   */
  runInMemory(from: LogPosition, end: CommitPoint = this.#header): LogRun | undefined {
    return this.#runs.inMemory(from, end)
  }

  /**
   * The run at a position before the commit point, from the file, or `undefined` if a truncation removed it.
   *
   * @throws {DamageError} if no whole entry of that number stands there, or it is known to be damaged
   */
  runOnDisk(from: LogPosition, { into, maxBytes, end }: RunOptions = {}): Promise<LogRun | undefined> {
    return this.#runs.onDisk(from, () => end ?? this.#header, maxBytes, into)
  }

  /**
   * The run at a position before the commit point as it is found, also if it is known to be damaged: for an index, whose
   * answers are compared with the log.
   *
   * @throws {DamageError} if no whole entry of that number stands there
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
      const run = this.runInMemory(from) ?? (await this.runOnDisk(from, { maxBytes: SEARCH_BYTES }))
      if (epoch !== this.#changes.epoch || run === undefined) continue
      const entry = decodeEntry(run.bytes)
      return entry && { ...entry, data: entry.data.slice() }
    }
  }
}

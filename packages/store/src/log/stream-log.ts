import { type Entry, type Header, invariant } from '@datastreamer/format'
import { type Clock, systemClock } from '@datastreamer/runtime'
import { type CommitPoint, pointOf, START } from './commit-point.ts'
import { DamagedRanges } from './damaged-ranges.ts'
import { EntrySearch } from './entry-search.ts'
import { Listeners } from './listeners.ts'
import { LogChanges } from './log-changes.ts'
import { LogRuns, type LogRunsOptions } from './log-runs.ts'
import { type LogUpdate, type ReplicaStart, sentError } from './log-update.ts'
import { PageDirectory } from './page-directory.ts'
import type { LogListener, ReadableLog, RunOptions } from './readable-log.ts'
import { type ReplicaLink, Replicas } from './replicas.ts'
import type { LogPosition, LogRun } from './run-reader.ts'
import { Truncations } from './truncations.ts'

export interface StreamLogOptions extends Omit<LogRunsOptions, 'changes' | 'damages' | 'baseOf'> {
  readonly header: Header
  /** Where the file begins (default: with entry 0). */
  readonly base?: CommitPoint | undefined
  /** Default: this machine's. */
  readonly clock?: Clock | undefined
}

/**
 * The committed log: the file up to the commit point, with listeners for its changes. Readers are cursors in it.
 *
 * Invariants: the commit point moves forward by {@link advance} and back by {@link truncate}, `totalLength` and
 * `totalEntries` alike; bytes before it change only by {@link change}; nothing before {@link base} is read from the file.
 */
export class StreamLog implements ReadableLog {
  readonly path: string
  /** Its truncations. */
  readonly truncations: Truncations = new Truncations()
  readonly #changes: LogChanges = new LogChanges(this.truncations)
  readonly #runs: LogRuns
  readonly #directory: PageDirectory
  readonly #search: EntrySearch
  readonly #listeners: Listeners
  readonly #replicas: Replicas
  #header: Header
  #base: CommitPoint

  /** @internal */
  constructor({ file, path, header, base = START, buffers, readBytes, clock = systemClock }: StreamLogOptions) {
    this.path = path
    this.#header = header
    this.#base = pointOf(base)
    this.#listeners = new Listeners(clock)
    const changes = this.#changes
    this.#replicas = new Replicas(buffers)
    const damages = new DamagedRanges(() => this.#replicas.damages(damages.all))
    const baseOf = (): CommitPoint => this.#base
    const endOf = (): CommitPoint => this.#header
    this.#runs = new LogRuns({ file, path, buffers, changes, damages, readBytes, baseOf })
    this.#directory = new PageDirectory(file, path, buffers, baseOf)
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
  /** Where the file begins: entries before it are not in it. */
  get base(): CommitPoint {
    return this.#base
  }

  get firstEntry(): number {
    return Number(this.#base.totalEntries)
  }

  /** Notify `listener` of commits and truncations until the returned function is called. */
  listen(listener: LogListener): () => void {
    return this.#listeners.add(listener)
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
    const { path, damages, header, base } = this
    const { refusal, confirmsReads } = this.#runs
    const start = { path, header, base, damages: damages.all, refusal: refusal && sentError(refusal), confirmsReads }
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
    this.#listeners.committed()
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
    this.#listeners.truncated(this.#header)
  }

  /** Move the commit point to where a recovery found it. The header that was read may be torn. */
  moveTo(point: CommitPoint): void {
    const { totalLength, totalEntries } = this.#header
    if (point.totalLength >= totalLength && point.totalEntries >= totalEntries) this.advance(point)
    else this.#removeAfter(point)
  }

  /** The file begins elsewhere: nothing before is read from it. Its bytes may change once {@link replicasAgreed}. */
  moveBase(base: CommitPoint): void {
    this.#base = pointOf(base)
    this.#changes.baseMoved()
    this.damages.forgetBefore(this.#base)
    this.#replicas.base(this.#base)
  }

  /** Change committed bytes, from an entry on, in place by `work`; reads from disk wait for it, or are repeated. */
  change(work: () => Promise<void>, from?: LogPosition): Promise<void> {
    return this.#changes.change(async () => {
      try {
        await this.#replicas.change()
        await work()
      } finally {
        this.#replicas.changed()
        if (from !== undefined) this.#listeners.updated(from)
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
   * @param number {@link firstEntry} to `totalEntries`, which gives the commit point
   * @throws {RangeError} if it is larger
   * @throws {RefusedError} `BEFORE_BASE` if it is smaller
   */
  async locate(number: number): Promise<LogPosition> {
    const position = await this.#search.find(number)
    if (position === undefined) throw new RangeError(`entry ${number} of ${this.#header.totalEntries}`)
    return position
  }

  /** Number of the entry that a page in use opens with. @throws {DamageError} if it does not open with one */
  firstEntryOf(page: number): Promise<number> {
    return this.#directory.firstNumber(page)
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
   * @throws {RefusedError} `BEFORE_BASE`
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

  /** Entry `number`, its data a copy, or `undefined` if it is not committed. @throws {DamageError} @throws {RefusedError} `BEFORE_BASE` */
  async entry(number: bigint): Promise<Entry | undefined> {
    return number < 0n || number >= this.#header.totalEntries ? undefined : this.#search.entry(Number(number))
  }
}

import { invariant, TruncatedError } from '@datastreamer/format'
import type { CommitPoint } from './commit-point.ts'
import type { ReadableLog, RunOptions } from './readable-log.ts'
import type { LogPosition, LogRun } from './run-reader.ts'

export interface CursorRunOptions extends RunOptions {
  /** Read entries as they are found, even if they are known to be damaged (default false). */
  readonly asFound?: boolean | undefined
}

/**
 * A position in a log that moves forward, run by run.
 *
 * **Truncation.** One that leaves every entry before the cursor is not noticed: the cursor goes on with the entries that
 * are there now. One that removes an entry before the cursor, whether or not another gets its number, ends it: every
 * further call throws a {@link TruncatedError}. Entries before the one at which it was opened count as passed. So the entries
 * before a cursor always are the beginning of the log, or the cursor throws.
 *
 * Invariants: it never goes back; a run begins at the cursor's number; it moves over a run only if no truncation was noticed
 * since the run was read; one run is read at a time.
 */
export class LogCursor {
  readonly #log: ReadableLog
  readonly #first: number
  #number: number
  /** Position of entry `#number`; `undefined` until it is located. */
  #at: LogPosition | undefined
  /** Number of truncations of the log that were noticed. */
  #noticed: number
  #truncatedTo: number | undefined
  /** As {@link #noticed} when the last run was read. */
  #readAt: number
  #isReading = false

  /** @param from number of an entry up to `totalEntries`, or its position just returned by `locate` */
  constructor(log: ReadableLog, from: number | LogPosition) {
    this.#log = log
    if (typeof from !== 'number') this.#at = from
    this.#number = typeof from === 'number' ? from : from.number
    this.#first = this.#number
    this.#noticed = log.truncations.count
    this.#readAt = this.#noticed
    const total = Number(log.header.totalEntries)
    if (this.#number > total) this.#truncatedTo = total
  }

  /** Number of the next entry. */
  get number(): number {
    return this.#number
  }

  /** Position of that entry, or of the padding before it; `undefined` until it is located. */
  get position(): LogPosition | undefined {
    return this.#at
  }

  /** Whether the log was not truncated since the last run was read, so that the whole run is still in the log. */
  get isCurrent(): boolean {
    return this.#readAt === this.#log.truncations.count
  }

  /** Number of entries that a truncation left, if it removed entries before the cursor. */
  get truncatedTo(): number | undefined {
    this.#noticeTruncations()
    return this.#truncatedTo
  }

  /**
   * The next run, if it is in memory; the cursor stays before it.
   *
   * @throws {TruncatedError}
   */
  now(end: CommitPoint = this.#log.header): LogRun | undefined {
    this.#check()
    return this.#at && this.#log.runInMemory(this.#at, end)
  }

  /**
   * The next run, from memory or disk, or `undefined` at the end of the log; the cursor stays before it.
   *
   * @throws {TruncatedError}
   * @throws {DamageError} if there is no whole entry, or it is known to be damaged
   */
  async read(options: CursorRunOptions = {}): Promise<LogRun | undefined> {
    invariant(!this.#isReading, 'a cursor reads two runs at a time')
    this.#isReading = true
    try {
      for (;;) {
        this.#check()
        if (this.#number >= Number((options.end ?? this.#log.header).totalEntries)) return undefined
        const run = await this.#readOnce(options)
        if (run !== undefined) return run
      }
    } finally {
      this.#isReading = false
    }
  }

  /** {@link read} the next run and move over it. */
  async next(options?: CursorRunOptions): Promise<LogRun | undefined> {
    for (;;) {
      const run = await this.read(options)
      if (run === undefined) return undefined
      if (!this.isCurrent) continue
      this.moveTo(run.next)
      return run
    }
  }

  /** Move over the next run, or over its first entries, up to `next`. */
  moveTo(next: LogPosition): void {
    invariant(next.number > this.#number, 'a cursor goes back')
    invariant(this.#readAt === this.#noticed, 'a cursor moves over a run that it read before a truncation')
    this.#number = next.number
    this.#at = next
  }

  /** One run, or `undefined` if the log was truncated meanwhile. */
  async #readOnce(options: CursorRunOptions): Promise<LogRun | undefined> {
    const log = this.#log
    const noticed = this.#noticed
    try {
      const at = this.#at ?? (await log.locate(this.#number))
      const run = options.asFound
        ? await log.runAsFound(at, options.maxBytes)
        : (log.runInMemory(at, options.end) ?? (await log.runOnDisk(at, options)))
      if (noticed !== log.truncations.count) return undefined
      invariant(run?.number === this.#number, `the run at entry ${this.#number} begins with ${run?.number}`)
      this.#at = at
      return run
    } catch (error) {
      // Damage that was found while the log was truncated does not count.
      if (noticed === log.truncations.count) throw error
      return undefined
    }
  }

  /** To be called before a run is read. */
  #check(): void {
    this.#noticeTruncations()
    this.#readAt = this.#noticed
    if (this.#truncatedTo === undefined) return
    const { totalEntries } = this.#log.header
    const lastPassed = this.#number > this.#first ? BigInt(this.#number - 1) : undefined
    throw new TruncatedError(this.#number > Number(totalEntries) ? 'TRUNCATED' : 'REWRITTEN', lastPassed, totalEntries)
  }

  #noticeTruncations(): void {
    const { header, truncations } = this.#log
    if (truncations.count === this.#noticed) return
    const fewest = truncations.fewestSince(this.#noticed)
    this.#noticed = truncations.count
    if (fewest < this.#number) this.#truncatedTo = Math.min(fewest, this.#truncatedTo ?? fewest)
    if (fewest !== this.#number) return
    // The next commit may begin at another position.
    const { totalLength, totalEntries } = header
    this.#at = this.#number === Number(totalEntries) ? { position: totalLength, number: this.#number } : undefined
  }
}

import { decodeEntry, type Entry, type Header, invariant, PAGE_BYTES, walkRun } from '@datastreamer/format'
import { type Clock, systemClock } from '@datastreamer/runtime'
import type { DiskFile } from '../disk/disk.ts'
import type { CommitPoint } from './commit-point.ts'
import { DamageError } from './damage-error.ts'
import { DamagedRanges, rangeDamage } from './damaged-ranges.ts'
import { LogChanges } from './log-changes.ts'
import type { PageBuffers } from './page-buffers.ts'
import { PageDirectory } from './page-directory.ts'
import type { LogListener, ReadableLog, RunOptions } from './readable-log.ts'
import { runInMemory } from './run-in-memory.ts'
import { type LogPosition, type LogRun, readRun } from './run-reader.ts'
import { Truncations } from './truncations.ts'

export interface LogOptions {
  readonly file: DiskFile
  readonly path: string
  readonly header: Header
  /** Pages that need not be read from disk. */
  readonly buffers: PageBuffers
  /** Most bytes that one read from disk takes, but always at least one entry (default 1 MiB, a page). */
  readonly readBytes?: number | undefined
  /** Default: this machine's. */
  readonly clock?: Clock | undefined
}

/** Reads smaller than a page cost a catch-up a third of its speed. */
const DEFAULT_READ_BYTES: number = PAGE_BYTES
/** What is read of a page at a time to find one entry in it. Where the reads ended is remembered for the next search. */
const SEARCH_BYTES = 64 * 1024
const KNOWN_DAMAGE = 'known to be damaged (recover says what can be done)'

/**
 * The committed log: the file up to the commit point, and those who wait for it to move. Readers are cursors in it.
 *
 * Invariants: the commit point moves forward by {@link advance} and back by {@link truncate}, `totalLength` and
 * `totalEntries` alike; bytes before it change only by {@link change}.
 */
export class StreamLog implements ReadableLog {
  readonly path: string
  /** What is known to be damaged: it is not read as if it were whole. */
  readonly damages: DamagedRanges = new DamagedRanges()
  /** What was truncated of it. */
  readonly truncations: Truncations = new Truncations()
  readonly #file: DiskFile
  readonly #buffers: PageBuffers
  readonly #directory: PageDirectory
  readonly #readBytes: number
  readonly #clock: Clock
  readonly #listeners = new Set<LogListener>()
  #header: Header
  readonly #changes = new LogChanges(this.truncations)
  #confirmReads: () => Promise<void> = async () => {}
  #announced = false

  constructor({ file, path, header, buffers, readBytes = DEFAULT_READ_BYTES, clock = systemClock }: LogOptions) {
    this.path = path
    this.#file = file
    this.#header = header
    this.#buffers = buffers
    this.#directory = new PageDirectory(file, path, buffers)
    this.#readBytes = readBytes
    this.#clock = clock
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
    this.#confirmReads = confirm
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
    this.damages.cutAt({ totalLength, totalEntries })
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
    const position = await this.#find(number)
    if (position === undefined) throw new RangeError(`entry ${number} of ${this.#header.totalEntries}`)
    return position
  }

  /** The position of an entry, or the commit point; `undefined` if the number is beyond, maybe by a truncation meanwhile. */
  async #find(number: number): Promise<LogPosition | undefined> {
    for (;;) {
      const epoch = this.#changes.epoch
      const { totalLength, totalEntries } = this.#header
      if (number < 0 || number > Number(totalEntries)) return undefined
      if (number === Number(totalEntries)) return { position: totalLength, number }
      try {
        const page = await this.#directory.pageOfEntry(number, this.#header)
        const position = await this.#walkTo(number, { page, end: totalLength, epoch })
        if (epoch === this.#changes.epoch) return { position, number }
      } catch (error) {
        // What was read while the log changed, or as another history's, is no damage.
        await this.#confirmReads()
        if (epoch === this.#changes.epoch) throw error
      }
    }
  }

  /**
   * The run at a position, if it is in memory, not known to be damaged, and an entry of that number begins there.
   *
   * @param end where the log ends for the caller: the commit point, or for the writer what is to become that
   */
  runInMemory(from: LogPosition, end: CommitPoint = this.#header): LogRun | undefined {
    const run = runInMemory(this.#buffers, from, end)
    return run !== undefined && this.damages.meets(from.position, run.next.position) ? undefined : run
  }

  /**
   * The run at a position before the commit point, from the file, or `undefined` if a truncation removed it.
   *
   * @throws {DamageError} if no whole entry of that number stands there, or it is known to be damaged
   */
  async runOnDisk(from: LogPosition, { into, maxBytes, end }: RunOptions = {}): Promise<LogRun | undefined> {
    const most = Math.min(maxBytes ?? this.#readBytes, into?.length ?? Number.POSITIVE_INFINITY)
    return this.#readSteadily(from, (to) => this.#readWhole(from, to, most, into), end)
  }

  /**
   * The run at a position before the commit point as it is found, also if it is known to be damaged: for an index, whose
   * answers are compared with the log.
   *
   * @throws {DamageError} if no whole entry of that number stands there
   */
  async runAsFound(from: LogPosition, maxBytes: number = this.#readBytes): Promise<LogRun | undefined> {
    const run = runInMemory(this.#buffers, from, this.#header)
    return run ?? this.#readSteadily(from, (end) => readRun(this.#file, this.path, from, end, maxBytes))
  }

  /** Read entries that are not known to be damaged. */
  async #readWhole(from: LogPosition, end: number, maxBytes: number, into?: Uint8Array): Promise<LogRun> {
    const damaged = this.damages.nextAfter(from.position)
    const stop = Math.min(end, damaged?.from.totalLength ?? end)
    if (damaged !== undefined && stop <= from.position) throw rangeDamage(this.path, damaged, KNOWN_DAMAGE)
    try {
      return await readRun(this.#file, this.path, from, stop, maxBytes, into)
    } catch (error) {
      // At the padding before it; any other damage is its own.
      const isBefore = error instanceof DamageError && error.code === 'PADDING'
      if (damaged === undefined || stop === end || !isBefore) throw error
      throw rangeDamage(this.path, damaged, KNOWN_DAMAGE)
    }
  }

  #readSteadily(
    { number }: LogPosition,
    read: (end: number) => Promise<LogRun>,
    end?: CommitPoint,
  ): Promise<LogRun | undefined> {
    const isThere = (): boolean => number < Number((end ?? this.#header).totalEntries)
    return this.#changes.readSteadily(number, isThere, async () => {
      try {
        return await read((end ?? this.#header).totalLength)
      } finally {
        await this.#confirmReads()
      }
    })
  }

  /** Entry `number`, its data a copy, or `undefined` if it is not committed. @throws {DamageError} */
  async entry(number: bigint): Promise<Entry | undefined> {
    for (;;) {
      if (number < 0n || number >= this.#header.totalEntries) return undefined
      const epoch = this.#changes.epoch
      const from = await this.#find(Number(number))
      if (from === undefined) return undefined
      const run = this.runInMemory(from) ?? (await this.runOnDisk(from, { maxBytes: SEARCH_BYTES }))
      if (epoch !== this.#changes.epoch || run === undefined) continue
      const entry = decodeEntry(run.bytes)
      return entry && { ...entry, data: entry.data.slice() }
    }
  }

  /** Walk to an entry of a page; what comes of it is worth nothing if the log has changed since `epoch`. */
  async #walkTo(number: number, { page, end, epoch }: Walk): Promise<number> {
    let at = await this.#directory.placeBefore(number, page)
    while (at.number < number && epoch === this.#changes.epoch) {
      const run = this.runInMemory(at) ?? (await readRun(this.#file, this.path, at, end, SEARCH_BYTES))
      if (run.next.number > number) {
        return at.position + walkRun(run.bytes, 0, run.bytes.length, BigInt(at.number), number - at.number).end
      }
      at = run.next
      if (epoch === this.#changes.epoch) this.#directory.mark(page, at)
    }
    return at.position
  }
}

/** Where an entry is looked for. */
interface Walk {
  readonly page: number
  /** Position up to which the log was committed. */
  readonly end: number
  /** Of when that was so. */
  readonly epoch: number
}

import { pageOf } from '@datastreamer/format'
import { type Clock, sleep } from '@datastreamer/runtime'
import type { CommitLog } from '../commit-log/commit-log.ts'
import { type CommitRecord, sameRecord } from '../commit-log/commit-record.ts'
import type { DiskFile } from '../disk/disk.ts'
import { DamagedRanges } from '../log/damaged-ranges.ts'
import type { EntryRange } from '../log/entry-range.ts'
import type { StreamLog } from '../log/stream-log.ts'
import { isWhole, type ReadRecord, RecordReader, rangeOf, type UncoveredBytes } from './record-reader.ts'

export interface ScrubOptions {
  /** Most bytes to read per second. */
  readonly bytesPerSecond: number
  /** Least milliseconds from the start of one pass to the start of the next (default one hour). */
  readonly passEveryMs?: number | undefined
}

/** What is scrubbed. */
export interface ScrubTarget {
  readonly log: StreamLog
  readonly commitLog: CommitLog
  readonly file: DiskFile
  readonly clock: Clock
  /** Runs a change of the commit log while nothing is committed; absent if the commit log must not be changed. */
  readonly alone?: ((work: () => Promise<void>) => Promise<void>) | undefined
  /** Notified of bytes, in one page at a time, that are not those that were committed, or that are whole again. */
  readonly onFound: (range: EntryRange, state: 'damaged' | 'whole') => void
  /** Notified of bytes whose checksum cannot be read. */
  readonly onUncovered: (range: EntryRange) => void
  /** Notified once when the commit log cannot be read, which is retried. */
  readonly onError: (error: Error) => void
  /** Notified when the commit log can be read again. */
  readonly onResumed: () => void
}

/** Progress of scrubbing. */
export interface ScrubStatus {
  /** Number of passes that compared everything; one with bytes whose checksum cannot be read does not count. */
  readonly passes: number
  /** Committed bytes whose checksum cannot be read, as of the last pass and the current one. */
  readonly uncovered: readonly EntryRange[]
  /** Position of the current pass. */
  readonly position: number
}

const DEFAULT_PASS_EVERY_MS = 3_600_000
/** Time between two attempts to read the commit log. */
const RETRY_MS = 1000

/**
 * Reads what is committed, slowly and repeatedly, and compares it with the checksums of the commit log: rotten bytes are found
 * before a reader gets to them and marked as damaged. Bytes of other programs get checksums as they are found.
 * docs/spec/commit-log.md §6.
 */
export class Scrubber {
  readonly #target: ScrubTarget
  readonly #passEveryMs: number
  readonly #clock: Clock
  readonly #reader: RecordReader
  readonly #stop = new AbortController()
  readonly #done: Promise<void>
  #passes = 0
  #uncovered = new DamagedRanges()
  #position = 0
  #isFailing = false
  /** What was found and not reported yet. */
  #found: { readonly range: EntryRange; readonly state: 'damaged' | 'whole' } | undefined

  constructor(target: ScrubTarget, { bytesPerSecond, passEveryMs }: ScrubOptions) {
    const { log, commitLog, file, clock } = target
    this.#target = target
    this.#passEveryMs = passEveryMs ?? DEFAULT_PASS_EVERY_MS
    this.#clock = clock
    this.#reader = new RecordReader({
      log,
      commitLog,
      file,
      beforeRead: (bytes) => this.#sleep((1000 * bytes) / bytesPerSecond),
    })
    this.#done = this.#run()
  }

  get status(): ScrubStatus {
    const { header, base } = this.#target.log
    this.#uncovered.truncateAt(header)
    this.#uncovered.forgetBefore(base)
    return { passes: this.#passes, position: this.#position, uncovered: this.#uncovered.all }
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#done
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      const begun = this.#clock.now()
      try {
        if (await this.#pass()) this.#passes++
      } catch (error) {
        if (signal.aborted) return
        this.#failed(error)
      }
      const rest = begun + this.#passEveryMs - this.#clock.now()
      await this.#sleep(rest).catch(() => undefined)
    }
  }

  /** @returns whether everything was compared */
  async #pass(): Promise<boolean> {
    const { commitLog } = this.#target
    const uncovered = new DamagedRanges()
    this.#reader.forget()
    for (let index = 0; ; ) {
      this.#stop.signal.throwIfAborted()
      index = Math.max(index, commitLog.beginning.first)
      const read = await this.#read(index)
      if (read === undefined) break
      if (read === 'changing') {
        // What keeps changing is left to the next pass.
        index++
        continue
      }
      if ('uncovered' in read) this.#noteUncovered(read, uncovered)
      else {
        await this.#judge(read)
        this.#position = read.record.totalLength
      }
      // Nothing follows what cannot be read.
      if (read.next <= index) break
      index = read.next
    }
    this.#report()
    this.#uncovered = uncovered
    return uncovered.all.length === 0
  }

  #noteUncovered({ uncovered: range }: UncoveredBytes, seen: DamagedRanges): void {
    if (!this.#uncovered.covers(range) && !seen.covers(range)) this.#target.onUncovered(range)
    this.#uncovered.add(range)
    seen.add(range)
    this.#position = range.to.totalLength
  }

  /** Read a record, as soon as the commit log can be read. @throws when scrubbing is stopped */
  async #read(index: number): ReturnType<RecordReader['read']> {
    const { signal } = this.#stop
    for (;;) {
      try {
        const read = await this.#reader.read(index)
        signal.throwIfAborted()
        if (this.#isFailing) this.#target.onResumed()
        this.#isFailing = false
        return read
      } catch (error) {
        signal.throwIfAborted()
        this.#reader.forget()
        this.#failed(error)
        await this.#sleep(RETRY_MS)
      }
    }
  }

  /** Reported once, until it succeeds again. */
  #failed(error: unknown): void {
    if (!this.#isFailing) this.#target.onError(error instanceof Error ? error : new Error(String(error)))
    this.#isFailing = true
  }

  async #judge(read: ReadRecord): Promise<void> {
    if (!isWhole(read)) {
      await this.#judgeDamage(read.index)
      return
    }
    const { log } = this.#target
    const { record, from, found } = read
    const wasDamaged = record.isDamaged || log.damages.meets(from.totalLength, record.totalLength)
    if (wasDamaged) {
      const range = rangeOf(read)
      log.damages.remove(range)
      this.#note(range, 'whole')
    }
    if (wasDamaged || record.checksum === 0) await this.#revise(read, { ...record, checksum: found, isDamaged: false })
  }

  /** Bytes that differ are read once more before they count as damaged. */
  async #judgeDamage(index: number): Promise<void> {
    this.#reader.forget()
    const read = await this.#read(index)
    if (read === undefined || read === 'changing' || 'uncovered' in read || isWhole(read)) return
    const { damages } = this.#target.log
    const range = rangeOf(read)
    if (!damages.covers(range)) {
      damages.add(range)
      this.#note(range, 'damaged')
    }
    if (!read.record.isDamaged) await this.#revise(read, { ...read.record, isDamaged: true })
  }

  /** Change what the commit log says of bytes, if they are still what was read. */
  async #revise(read: ReadRecord, revised: CommitRecord): Promise<void> {
    const { log, commitLog, alone } = this.#target
    if (alone === undefined) return
    try {
      await alone(async () => {
        if (!log.isSteadySince(read.epoch)) return
        // A truncation changes the log first and its records later: a record that was read in between may have changed.
        const record = await commitLog.record(read.index)
        if (record !== undefined && sameRecord(record, read.record)) await commitLog.revise(read.index, revised)
      })
    } catch {
      // If the store cannot write, the finding stays in memory; the next pass tries again.
    }
    this.#stop.signal.throwIfAborted()
  }

  #note(range: EntryRange, state: 'damaged' | 'whole'): void {
    const last = this.#found
    const joins = last?.state === state && last.range.to.totalLength === range.from.totalLength
    if (joins && samePage(last.range, range)) {
      this.#found = { range: { from: last.range.from, to: range.to }, state }
      return
    }
    this.#report()
    this.#found = { range, state }
  }

  #report(): void {
    if (this.#found !== undefined) this.#target.onFound(this.#found.range, this.#found.state)
    this.#found = undefined
  }

  /** Does not keep the process alive. @throws when scrubbing is stopped */
  #sleep(ms: number): Promise<void> {
    return sleep(this.#clock, ms, { signal: this.#stop.signal, ref: false })
  }
}

function samePage(a: EntryRange, b: EntryRange): boolean {
  return pageOf(a.from.totalLength) === pageOf(b.to.totalLength - 1)
}

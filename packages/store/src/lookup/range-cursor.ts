import type { EntriesOptions } from '@datastreamer/format'
import { LogCursor } from '../log/log-cursor.ts'
import { nextChange } from '../log/next-change.ts'
import type { ReadableLog } from '../log/readable-log.ts'
import type { LogRun } from '../log/run-reader.ts'
import { boundsOf, type FindBookmark, notThere } from './bounds.ts'

/** What entries are read from. */
export interface EntriesInput {
  readonly log: ReadableLog
  readonly findBookmark: FindBookmark
  /** Whether more may be committed. */
  readonly grows: boolean
  /** Aborted when the reader is closed. */
  readonly closing: AbortSignal
}

interface Range {
  /** Number of the entry to stop before, if one was requested. */
  readonly end: number | undefined
  /** Whether to wait at the head. */
  readonly waits: boolean
  /** Number of entries when reading began. */
  readonly head: number
  /** Number of truncations before that. */
  readonly truncations: number
  readonly signal: AbortSignal
}

/** A cursor that stays within the requested range, and waits for entries that are not there yet. */
export class RangeCursor {
  readonly cursor: LogCursor
  readonly #log: ReadableLog
  readonly #range: Range

  private constructor(log: ReadableLog, first: number, range: Range) {
    this.cursor = new LogCursor(log, first)
    this.#log = log
    this.#range = range
  }

  /** @throws {NotFoundError} @throws {RangeError} if an entry number is invalid @throws the signal's reason */
  static async open(
    { log, findBookmark, grows, closing }: EntriesInput,
    { from = log.firstEntry, to, follow = true, signal: own }: EntriesOptions,
  ): Promise<RangeCursor> {
    const signal = own === undefined ? closing : AbortSignal.any([own, closing])
    signal.throwIfAborted()
    const waits = follow && grows
    const head = Number(log.header.totalEntries)
    const truncations = log.truncations.count
    const { first, end } = await boundsOf(log, findBookmark, { from, to, waits })
    while (waits && first > Number(log.header.totalEntries)) await nextChange(log, signal)
    return new RangeCursor(log, first, { end, waits, head, truncations, signal })
  }

  /**
   * The next run, which may extend past {@link stop}, or `undefined` at the end; the cursor stays before it.
   *
   * @throws as `LogCursor.read`
   * @throws {NotFoundError} `TO_NOT_FOUND` if the end was truncated and reading does not wait
   */
  async read(): Promise<LogRun | undefined> {
    const { end, waits, head, signal } = this.#range
    while (this.cursor.number < (end ?? (waits ? Number.POSITIVE_INFINITY : head))) {
      signal.throwIfAborted()
      if (this.cursor.truncatedTo === undefined && this.cursor.number >= this.stop) return undefined
      const run = await this.cursor.read()
      if (run !== undefined) return run
      if (waits) await nextChange(this.#log, signal)
      else if (end !== undefined) throw notThere('TO_NOT_FOUND', end - 1, this.#log.header.totalEntries)
    }
    return undefined
  }

  /**
   * Number of the entry to stop before. Without a requested end that is the head as of when reading began, or less if a
   * truncation has removed entries since, whether or not others replaced them.
   */
  get stop(): number {
    const { end, waits, head, truncations } = this.#range
    if (end !== undefined) return end
    return waits ? Number.POSITIVE_INFINITY : Math.min(head, this.#log.truncations.fewestSince(truncations))
  }
}

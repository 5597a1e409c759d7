import { TruncatedError } from '@datastreamer/format'
import { type Clock, sleep } from '@datastreamer/runtime'
import type { StreamLog } from '@datastreamer/store/log'
import { FairScheduler } from '../tcp/fair-scheduler.ts'
import type { DigestPoint } from '../tcp/known-signatures.ts'
import { walkDigests } from './digest-walk.ts'
import { Marks } from './marks.ts'
import { pageOfPoint } from './point-row.ts'
import { type Rows, StaleRows } from './rows.ts'

export interface DigestedLogOptions {
  readonly log: StreamLog
  readonly rows: Rows
  /** Before the first entry. */
  readonly start: DigestPoint
  readonly clock: Clock
  /** See {@link WalkEvents}. */
  readonly stopAfter: (number: number) => number
  /** The digests have come to a point. */
  readonly onPoint: (point: DigestPoint) => void
  /** They have come to the end of a page. `isStale`: whether the log has changed since, so that it is none. */
  readonly onPageEnd: (point: DigestPoint, isStale: () => boolean) => Promise<void>
  /** They have come to the commit point. */
  readonly onHead: (point: DigestPoint) => void
  /** The log has other entries, or none, from one on. */
  readonly onChange: (number: number) => void
  /** Something cannot be read or written; that is tried again. */
  readonly onError: (error: unknown) => void
}

const RETRY_MS = 5000
/** Pause after each page that is compared with its row: that makes 8 MiB a second at most. */
const AUDIT_PAUSE_MS = 125
/** Entries from a point on that are hashed without looking for a nearer one. */
const NEAR_ENTRIES = 1024

/**
 * Counts the running digest of a log on, in turns: from the last row of the file beside the stream to the head, and then with
 * every commit.
 *
 * Invariant: after a change of the log, digests are counted on from before it.
 */
export class DigestedLog {
  readonly #options: DigestedLogOptions
  readonly #log: StreamLog
  readonly #scheduler: FairScheduler
  readonly #marks = new Marks()
  readonly #unlisten: () => void
  readonly #stop = new AbortController()
  readonly #running: Promise<void>
  #auditing: Promise<void> | undefined
  /** Rows up to there were compared with the log. */
  #audited: DigestPoint
  /** Grows with every change of the log but by commits. */
  #changes = 0
  #hashed: DigestPoint
  /** Wakes what waits for a commit. */
  #wake: () => void = () => {}
  /** Who waits for entries to be hashed. */
  #waiting: (() => void)[] = []

  constructor(options: DigestedLogOptions) {
    const { log, clock, start } = options
    this.#options = options
    this.#log = log
    this.#scheduler = new FairScheduler(clock)
    this.#hashed = start
    this.#audited = start
    this.#unlisten = log.listen({
      onCommit: () => {
        this.#scheduler.onCommit()
        this.#wake()
      },
      onTruncate: ({ totalEntries, totalLength }) => this.#changed(Number(totalEntries), totalLength),
      onUpdate: ({ number, position }) => this.#changed(number, position),
    })
    this.#running = this.#run()
  }

  /** Entries that are hashed. */
  get entries(): number {
    return this.#hashed.number
  }

  /**
   * The point before an entry, as soon as all entries before it are hashed.
   *
   * @throws {RangeError} if the log does not have them
   * @throws {DamageError} if it cannot be read; an `AbortError` when this is closed
   */
  async pointAt(number: number): Promise<DigestPoint> {
    const { signal } = this.#stop
    const log = this.#log
    for (;;) {
      signal.throwIfAborted()
      if (number > Number(log.header.totalEntries))
        throw new RangeError(`entry ${number} of ${log.header.totalEntries}`)
      if (number > this.#hashed.number) {
        await new Promise<void>((resolve) => this.#waiting.push(resolve))
        continue
      }
      const isStale = this.#staleness()
      try {
        const from = await this.#nearest(number)
        const point = await walkDigests({ log, scheduler: this.#scheduler, from, end: number, isStale })
        if (isStale() || point.number !== number) continue
        this.#marks.add(point)
        return point
      } catch (error) {
        if (!isStale() && !(error instanceof TruncatedError)) throw error
      }
    }
  }

  async close(): Promise<void> {
    this.#stop.abort(new DOMException('closed', 'AbortError'))
    this.#unlisten()
    this.#advanced()
    this.#wake()
    await this.#running
    await this.#auditing
  }

  async #run(): Promise<void> {
    const { onError, clock } = this.#options
    const { signal } = this.#stop
    while (!signal.aborted) {
      const isStale = this.#staleness()
      try {
        await this.#walk(isStale)
      } catch (error) {
        if (isStale() || error instanceof TruncatedError || error instanceof StaleRows) continue
        onError(error)
        await sleep(clock, RETRY_MS, { signal, ref: false }).catch(() => undefined)
      }
    }
  }

  /** Count on until the log changes. */
  async #walk(isStale: () => boolean): Promise<void> {
    const log = this.#log
    const { rows, stopAfter, onPoint, onPageEnd, onHead } = this.#options
    const from = this.#marks.lastUpTo(Number(log.header.totalEntries)) ?? (await rows.base(log.header))
    if (isStale()) return
    this.#hashed = from
    await walkDigests(
      { log, scheduler: this.#scheduler, from, isStale },
      {
        stopAfter,
        onPoint: (point) => {
          this.#hashed = point
          this.#marks.add(point)
          this.#advanced()
          onPoint(point)
        },
        onPageEnd: (point) => onPageEnd(point, isStale),
        atHead: (point) => {
          onHead(point)
          this.#auditing ??= this.#audit(from.number)
          return new Promise((resolve) => {
            this.#wake = resolve
          })
        },
      },
    )
  }

  /**
   * Compare every row before an entry with the log once, slowly: the file may have been damaged, or the stream changed while
   * nobody kept it up.
   */
  async #audit(end: number): Promise<void> {
    const log = this.#log
    const { rows, clock, onError } = this.#options
    const { signal } = this.#stop
    while (!signal.aborted && this.#audited.number < Math.min(end, this.#hashed.number)) {
      const isStale = this.#staleness()
      try {
        const onPageEnd = async (point: DigestPoint): Promise<void> => {
          if (await rows.audit(point)) this.#audited = point
          else this.#changed(this.#audited.number, this.#audited.position)
          await sleep(clock, AUDIT_PAUSE_MS, { signal, ref: false })
        }
        const walk = { log, scheduler: this.#scheduler, from: this.#audited, end, isStale }
        const last = await walkDigests(walk, { onPageEnd })
        if (isStale()) continue
        // Digests were counted on from there, and were not if it is not the same.
        await onPageEnd(last)
        return
      } catch (error) {
        if (isStale()) continue
        onError(error)
        await sleep(clock, RETRY_MS, { signal, ref: false }).catch(() => undefined)
      }
    }
  }

  /** The known point from which it is not far to an entry. */
  async #nearest(number: number): Promise<DigestPoint> {
    const mark = this.#marks.lastUpTo(number)
    if (mark !== undefined && number - mark.number <= NEAR_ENTRIES) return mark
    const row = await this.#options.rows.before(pageOfPoint(await this.#log.locate(number)))
    return mark !== undefined && mark.number > row.number ? mark : row
  }

  #changed(number: number, position: number): void {
    const { rows, start, onChange, onError } = this.#options
    this.#changes++
    this.#marks.truncate(number)
    if (this.#hashed.number > number) this.#hashed = this.#marks.lastUpTo(number) ?? start
    if (this.#audited.number > number) this.#audited = start
    rows.truncate(pageOfPoint({ position })).catch(onError)
    onChange(number)
    this.#advanced()
    this.#wake()
  }

  /** Says whether the log has changed since now. */
  #staleness(): () => boolean {
    const changes = this.#changes
    const { signal } = this.#stop
    return () => signal.aborted || this.#changes !== changes
  }

  #advanced(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}

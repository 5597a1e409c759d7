import { PAGE_BYTES } from '@datastreamer/format'
import type { DiskFile } from '../disk/disk.ts'
import { beforeBase } from './base.ts'
import type { CommitPoint } from './commit-point.ts'
import { DamageError } from './damage-error.ts'
import { type DamagedRanges, rangeDamage } from './damaged-ranges.ts'
import type { LogChanges } from './log-changes.ts'
import type { PageBuffers } from './page-buffers.ts'
import type { RunOptions } from './readable-log.ts'
import { runInMemory } from './run-in-memory.ts'
import { type LogPosition, type LogRun, readKnownRun, readRun } from './run-reader.ts'

export interface LogRunsOptions {
  readonly file: DiskFile
  readonly path: string
  readonly buffers: PageBuffers
  readonly changes: LogChanges
  readonly damages: DamagedRanges
  /** Where the file begins now. */
  readonly baseOf: () => CommitPoint
  /** Most bytes per read from disk, but always at least one entry (default 1 MiB, a page). */
  readonly readBytes?: number | undefined
}

/** The current end of the log for the reader. */
type EndOf = () => CommitPoint

/** Smaller reads than a page slow down catching up by a third. */
const DEFAULT_READ_BYTES: number = PAGE_BYTES
const KNOWN_DAMAGE = 'known to be damaged (recover says what can be done)'

/**
 * The runs of a log, from memory and from disk.
 *
 * Invariants: what is read from disk while committed bytes change is read again; known damage is never returned as whole, nor
 * anything from before the beginning of the file.
 */
export class LogRuns {
  readonly damages: DamagedRanges
  readonly #file: DiskFile
  readonly #path: string
  readonly #buffers: PageBuffers
  readonly #changes: LogChanges
  readonly #baseOf: () => CommitPoint
  readonly #readBytes: number
  #confirm: (() => Promise<void>) | undefined
  #refusal: Error | undefined

  constructor(options: LogRunsOptions) {
    const { file, path, buffers, changes, damages, baseOf, readBytes = DEFAULT_READ_BYTES } = options
    this.damages = damages
    this.#baseOf = baseOf
    this.#file = file
    this.#path = path
    this.#buffers = buffers
    this.#changes = changes
    this.#readBytes = readBytes
  }

  /** Call `confirm` whenever something was read from the file, before it is delivered. */
  confirmReads(confirm: () => Promise<void>): void {
    this.#confirm = confirm
  }

  isAtPath(): Promise<boolean> {
    return this.#file.isAt(this.#path)
  }

  get confirmsReads(): boolean {
    return this.#confirm !== undefined
  }

  /** Fail whatever is read from the file from now on, or no longer. */
  refuseReads(refusal: Error | undefined): void {
    this.#refusal = refusal
  }

  get refusal(): Error | undefined {
    return this.#refusal
  }

  /** Resolves when what was read from the file until now is confirmed, or the log was truncated. @throws the refusal */
  async confirmed(): Promise<void> {
    await this.#confirm?.()
    if (this.#refusal !== undefined) throw this.#refusal
  }

  /** Whether the file, as far as it was written, has entry `number`. */
  has(number: number): boolean {
    return number >= Number(this.#baseOf().totalEntries)
  }

  /** @throws {RefusedError} `BEFORE_BASE` if the file begins after entry `number` */
  mustHave(number: number): void {
    if (!this.has(number)) throw beforeBase(this.#path, number, this.#baseOf())
  }

  inMemory(from: LogPosition, end: CommitPoint): LogRun | undefined {
    if (!this.has(from.number)) return undefined
    const run = runInMemory(this.#buffers, from, end)
    return run !== undefined && this.damages.meets(from.position, run.next.position) ? undefined : run
  }

  onDisk(from: LogPosition, endOf: EndOf, { maxBytes, into, known }: RunOptions = {}): Promise<LogRun | undefined> {
    const most = Math.min(maxBytes ?? this.#readBytes, this.#readBytes, into?.length ?? Number.POSITIVE_INFINITY)
    return this.#readSteadily(from, endOf, (at, end) => {
      const { damages } = this
      const isKnown =
        known !== undefined && known.next.position <= end && !damages.meets(known.position, known.next.position)
      if (isKnown) return readKnownRun(this.#file, this.#path, from.number, known, into)
      return this.#readWhole(at, end, most, into)
    })
  }

  /** From memory or disk, even if it is known to be damaged. */
  async asFound(from: LogPosition, endOf: EndOf, maxBytes: number = this.#readBytes): Promise<LogRun | undefined> {
    const run = this.has(from.number) ? runInMemory(this.#buffers, from, endOf()) : undefined
    return run ?? this.#readSteadily(from, endOf, (at, end) => readRun(this.#file, this.#path, at, end, maxBytes))
  }

  /** From memory, or from disk into `into` if the first entry fits; valid only if the log does not change meanwhile. */
  async atOnce(from: LogPosition, end: CommitPoint, into: Uint8Array): Promise<LogRun> {
    return this.inMemory(from, end) ?? readRun(this.#file, this.#path, from, end.totalLength, into.length, into)
  }

  /** Read entries that are not known to be damaged. */
  async #readWhole(from: LogPosition, end: number, maxBytes: number, into?: Uint8Array): Promise<LogRun> {
    const damaged = this.damages.nextAfter(from.position)
    const stop = Math.min(end, damaged?.from.totalLength ?? end)
    if (damaged !== undefined && stop <= from.position) throw rangeDamage(this.#path, damaged, KNOWN_DAMAGE)
    try {
      return await readRun(this.#file, this.#path, from, stop, maxBytes, into)
    } catch (error) {
      // At the padding before the damage; any other damage is reported as it is found.
      const isBefore = error instanceof DamageError && error.code === 'PADDING'
      if (damaged === undefined || stop === end || !isBefore) throw error
      throw rangeDamage(this.#path, damaged, KNOWN_DAMAGE)
    }
  }

  #readSteadily(
    { position, number }: LogPosition,
    endOf: EndOf,
    read: (at: LogPosition, end: number) => Promise<LogRun>,
  ): Promise<LogRun | undefined> {
    const isThere = (): boolean => number < Number(endOf().totalEntries)
    return this.#changes.readSteadily(number, isThere, async () => {
      this.mustHave(number)
      // The padding before the first page of a file that begins late is not there either.
      const at = { position: Math.max(position, this.#baseOf().totalLength), number }
      try {
        return await read(at, endOf().totalLength)
      } finally {
        await this.confirmed()
      }
    })
  }
}

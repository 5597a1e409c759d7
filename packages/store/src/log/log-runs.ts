import { PAGE_BYTES } from '@datastreamer/format'
import type { DiskFile } from '../disk/disk.ts'
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
 * Invariants: what is read from disk while committed bytes change is read again; known damage is never returned as whole.
 */
export class LogRuns {
  readonly damages: DamagedRanges
  readonly #file: DiskFile
  readonly #path: string
  readonly #buffers: PageBuffers
  readonly #changes: LogChanges
  readonly #readBytes: number
  #confirm: (() => Promise<void>) | undefined
  #refusal: Error | undefined

  constructor({ file, path, buffers, changes, damages, readBytes = DEFAULT_READ_BYTES }: LogRunsOptions) {
    this.damages = damages
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

  inMemory(from: LogPosition, end: CommitPoint): LogRun | undefined {
    const run = runInMemory(this.#buffers, from, end)
    return run !== undefined && this.damages.meets(from.position, run.next.position) ? undefined : run
  }

  onDisk(from: LogPosition, endOf: EndOf, { maxBytes, into, known }: RunOptions = {}): Promise<LogRun | undefined> {
    const most = Math.min(maxBytes ?? this.#readBytes, this.#readBytes, into?.length ?? Number.POSITIVE_INFINITY)
    return this.#readSteadily(from, endOf, (end) => {
      const { damages } = this
      const isKnown =
        known !== undefined && known.next.position <= end && !damages.meets(known.position, known.next.position)
      if (isKnown) return readKnownRun(this.#file, this.#path, from.number, known, into)
      return this.#readWhole(from, end, most, into)
    })
  }

  /** From memory or disk, even if it is known to be damaged. */
  async asFound(from: LogPosition, endOf: EndOf, maxBytes: number = this.#readBytes): Promise<LogRun | undefined> {
    const run = runInMemory(this.#buffers, from, endOf())
    return run ?? this.#readSteadily(from, endOf, (end) => readRun(this.#file, this.#path, from, end, maxBytes))
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
    { number }: LogPosition,
    endOf: EndOf,
    read: (end: number) => Promise<LogRun>,
  ): Promise<LogRun | undefined> {
    const isThere = (): boolean => number < Number(endOf().totalEntries)
    return this.#changes.readSteadily(number, isThere, async () => {
      try {
        return await read(endOf().totalLength)
      } finally {
        await this.confirmed()
      }
    })
  }
}

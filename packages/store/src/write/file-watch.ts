import type { Clock } from '@datastreamer/runtime'
import type { BookmarkIndex } from '../bookmarks/bookmark-index.ts'
import type { CommitLog } from '../commit-log/commit-log.ts'
import { DiskError } from '../disk/errors.ts'
import { messageOf } from '../disk/message-of.ts'
import { samePoint } from '../log/commit-point.ts'
import { DamageError } from '../log/damage-error.ts'
import { type Ending, endingAt, hasEnding } from '../log/ending.ts'
import { readHeader } from '../log/header-page.ts'
import type { PageBuffers } from '../log/page-buffers.ts'
import { commitLogPath } from '../log/paths.ts'
import type { WritableFile } from '../log/stream-file.ts'
import type { StreamLog } from '../log/stream-log.ts'
import type { Lock } from './lock.ts'

/** Milliseconds for which commits may be acknowledged, at most, after their file was removed or replaced. */
const BOUND_MS = 1000

export interface FileWatchOptions {
  readonly path: string
  /** 16 bytes (default `polygonDATSTREAM`). */
  readonly magic: Uint8Array | undefined
  readonly writable: WritableFile
  readonly log: StreamLog
  readonly buffers: PageBuffers
  readonly commitLog: CommitLog
  readonly index: BookmarkIndex
  readonly lock: Lock | undefined
  /** Milliseconds between two checks; 0 is never. */
  readonly periodMs: number
  readonly clock: Clock
  /** Notified of a problem, and with `undefined` when it is gone. */
  readonly onChange: (problem: DiskError | undefined) => void
}

class ForeignWriterError extends DiskError {
  constructor(path: string, why: string) {
    super('FOREIGN_WRITER', `${path}: another program writes this file: ${why}`)
  }
}

/** Entries were overwritten, not only the header. */
class OverwrittenError extends ForeignWriterError {}

/**
 * Checks that the paths of a stream still lead to the open files and that no other program writes them: a file that was
 * removed or replaced accepts commits as before, and loses them when it is closed. docs/spec/stream-file.md §6.
 */
export class FileWatch {
  readonly #options: FileWatchOptions
  /** When the last check that found no problem began. */
  #soundAt: number
  #problem: DiskError | undefined
  /** What the log ended with at the last check, unless committed bytes have changed since that epoch. */
  #known: { readonly ending: Ending; readonly epoch: number } | undefined

  constructor(options: FileWatchOptions) {
    this.#options = options
    this.#soundAt = options.clock.now()
  }

  /** Why nothing may be written now, if so. */
  get problem(): DiskError | undefined {
    return this.#problem
  }

  /** Milliseconds between two checks; 0 is never. */
  get periodMs(): number {
    return this.#options.periodMs
  }

  /** Why readers must not be given what the file holds: it is not what was written. */
  get overwritten(): DiskError | undefined {
    return this.#problem instanceof OverwrittenError ? this.#problem : undefined
  }

  /** To be called before a write. @throws {DiskError} `FILE_REPLACED`, `FOREIGN_WRITER` */
  async mustBeSound(): Promise<void> {
    await this.#checkIfOlder(this.periodMs)
  }

  /** To be called before a write is acknowledged. @throws as {@link mustBeSound} */
  async mustStillBeSound(): Promise<void> {
    await this.#checkIfOlder(BOUND_MS)
  }

  /** Check now, while nothing writes the file: a header that is being written looks wrong. Does not throw. */
  async check(): Promise<void> {
    const began = this.#options.clock.now()
    const before = this.#problem
    this.#problem = await this.#find().catch((error: unknown) => {
      return new DiskError('FILE_REPLACED', `the file cannot be checked:  ${messageOf(error)}`, { cause: error })
    })
    if (this.#problem === undefined) this.#soundAt = began
    if (this.#problem?.message !== before?.message) this.#options.onChange(this.#problem)
  }

  async #checkIfOlder(ageMs: number): Promise<void> {
    if (this.periodMs > 0 && this.#options.clock.now() - this.#soundAt > ageMs) await this.check()
    if (this.#problem !== undefined) throw this.#problem
  }

  async #find(): Promise<DiskError | undefined> {
    const { path, writable, commitLog, index, lock } = this.#options
    if (!(await writable.file.isAt(path))) return replaced(`the file ${path}`)
    if (!(await commitLog.isAt(commitLogPath(path)))) return replaced(`the commit log ${commitLogPath(path)}`)
    if (!(await commitLog.isWhole())) return damagedLog(commitLogPath(path))
    if (!(await index.isAtPath()) || !(await (lock?.isAtPath() ?? true)))
      return replaced(`the bookmark index of ${path}`)
    if (!(await this.#hasWhatWasWritten()))
      return new OverwrittenError(path, 'what was written last is no longer in it')
    return (await this.#hasOwnHeader())
      ? undefined
      : new ForeignWriterError(path, 'its header is not the one that was written last')
  }

  /**
   * Whether the file holds the last entries, and those of the check before: later commits of ours may have overwritten the
   * entries and the header of another program.
   */
  async #hasWhatWasWritten(): Promise<boolean> {
    const { path, writable, log, buffers } = this.#options
    const { file, point } = writable
    const known = this.#known
    if (known !== undefined && log.isSteadySince(known.epoch) && !(await hasEnding(file, known.ending))) return false
    const epoch = await log.steadyEpoch()
    const ending = await endingAt(file, path, point, buffers, log.base)
    if (!(await hasEnding(file, ending))) return false
    this.#known = { ending, epoch }
    return true
  }

  async #hasOwnHeader(): Promise<boolean> {
    const { path, magic, writable } = this.#options
    try {
      return samePoint(await readHeader(writable.file, path, { magic }), writable.point)
    } catch (error) {
      if (!(error instanceof DamageError)) throw error
      return false
    }
  }
}

function damagedLog(commitLog: string): DiskError {
  const message = `the commit log ${commitLog} was truncated or overwritten by another program while it is open: nothing more can be committed until this process is restarted`
  return new DiskError('FILE_REPLACED', message)
}

function replaced(what: string): DiskError {
  const message = `${what} was removed or replaced while it is open: nothing more can be committed until it is back`
  return new DiskError('FILE_REPLACED', message)
}

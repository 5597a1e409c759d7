import type { Clock } from '@datastreamer/runtime'
import type { BookmarkIndex } from '../bookmarks/bookmark-index.ts'
import type { CommitLog } from '../commit-log/commit-log.ts'
import { DiskError } from '../disk/errors.ts'
import { messageOf } from '../disk/message-of.ts'
import { samePoint } from '../log/commit-point.ts'
import { DamageError } from '../log/damage-error.ts'
import { type Ending, endingAt, hasEnding } from '../log/ending.ts'
import type { PageBuffers } from '../log/page-buffers.ts'
import { commitLogPath } from '../log/paths.ts'
import { readHeader, type WritableFile } from '../log/stream-file.ts'
import type { StreamLog } from '../log/stream-log.ts'
import type { Lock } from './lock.ts'

/** Longest that commits may go on being answered after what they are written to lost its name, in milliseconds. */
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
  /** Milliseconds between two looks; 0 is never. */
  readonly periodMs: number
  readonly clock: Clock
  /** Called when something is wrong, and with `undefined` when it no longer is. */
  readonly onChange: (problem: DiskError | undefined) => void
}

class ForeignWriterError extends DiskError {
  constructor(path: string, why: string) {
    super('FOREIGN_WRITER', `${path}: another program writes this file: ${why}`)
  }
}

/** The bytes are somebody else's, too. */
class OverwrittenError extends ForeignWriterError {}

/**
 * Sees whether the names of a stream still lead to the files that are open, and whether nobody else writes them: a file
 * that was removed or replaced takes commits as before, and loses them when it is closed. docs/spec/stream-file.md §6.
 */
export class FileWatch {
  readonly #options: FileWatchOptions
  /** When the last look that found nothing began. */
  #soundAt: number
  #problem: DiskError | undefined
  /** What the log ended with at the last look, unless committed bytes have changed since that epoch. */
  #known: { readonly ending: Ending; readonly epoch: number } | undefined

  constructor(options: FileWatchOptions) {
    this.#options = options
    this.#soundAt = options.clock.now()
  }

  /** Why nothing may be written now. */
  get problem(): DiskError | undefined {
    return this.#problem
  }

  /** Milliseconds between two looks; 0 is never. */
  get periodMs(): number {
    return this.#options.periodMs
  }

  /** Why what the file has is not given to readers: it is not what was written. */
  get overwritten(): DiskError | undefined {
    return this.#problem instanceof OverwrittenError ? this.#problem : undefined
  }

  /** To be asked before something is written. @throws {DiskError} `FILE_REPLACED`, `FOREIGN_WRITER` */
  async mustBeSound(): Promise<void> {
    await this.#lookIfOlder(this.periodMs)
  }

  /** To be asked before something that was written is answered for. @throws as {@link mustBeSound} */
  async mustStillBeSound(): Promise<void> {
    await this.#lookIfOlder(BOUND_MS)
  }

  /** Look now; beside nothing that writes the file, or the header would be in the middle of a change. Does not throw. */
  async look(): Promise<void> {
    const began = this.#options.clock.now()
    const before = this.#problem
    this.#problem = await this.#find().catch((error: unknown) => {
      return new DiskError('FILE_REPLACED', `nobody can tell what file this is: ${messageOf(error)}`, { cause: error })
    })
    if (this.#problem === undefined) this.#soundAt = began
    if (this.#problem?.message !== before?.message) this.#options.onChange(this.#problem)
  }

  async #lookIfOlder(ageMs: number): Promise<void> {
    if (this.periodMs > 0 && this.#options.clock.now() - this.#soundAt > ageMs) await this.look()
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
      return new OverwrittenError(path, 'what was written last is not in it any more')
    return (await this.#hasOwnHeader())
      ? undefined
      : new ForeignWriterError(path, 'its header is not the one that was written last')
  }

  /**
   * Whether the last entries are in the file, and those that were at the look before: what was committed since may stand in
   * bytes of somebody else, under a header of ours.
   */
  async #hasWhatWasWritten(): Promise<boolean> {
    const { path, writable, log, buffers } = this.#options
    const { file, point } = writable
    const known = this.#known
    if (known !== undefined && log.isSteadySince(known.epoch) && !(await hasEnding(file, known.ending))) return false
    const epoch = await log.steadyEpoch()
    const ending = await endingAt(file, path, point, buffers)
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
  const message = `the commit log ${commitLog} was truncated or written over by another program while it is open: nothing more can be committed before this is started again`
  return new DiskError('FILE_REPLACED', message)
}

function replaced(what: string): DiskError {
  const message = `${what} was removed or replaced while it is open: nothing more can be committed before it is back`
  return new DiskError('FILE_REPLACED', message)
}

import { sleep, type Timer } from '@datastreamer/runtime'
import { DiskError } from '../disk/errors.ts'
import { FollowedLog, type FollowedLogOptions } from './followed-log.ts'

export interface FileFollowerOptions extends Omit<FollowedLogOptions, 'isPatient'> {
  /** Milliseconds between two polls of the header. */
  readonly pollMs: number
  /** Called when the file does not fit its header any more, and with `undefined` when it does again. */
  readonly onProblem: (problem: Error | undefined) => void
}

/** Looks at a header that does not fit before it counts as damage and not as one that is being written. */
export const PATIENCE = 20
/** Milliseconds between two checks whether the file still is the one of that name. */
const PATH_CHECK_MS = 1000

/**
 * Follows a file that another process writes: polls it, and whenever something was read from it for a
 * reader, before the reader gets it. docs/spec/stream-file.md §4.
 */
export class FileFollower {
  readonly #options: FileFollowerOptions
  readonly #log: FollowedLog
  readonly #closing = new AbortController()
  #timer: Timer
  #polling: Promise<boolean> | undefined
  /** The poll that is to begin when the one under way has ended. */
  #next: Promise<boolean> | undefined
  #failures = 0
  #pathCheckedAt: number

  constructor(options: FileFollowerOptions) {
    this.#options = options
    this.#log = new FollowedLog({ ...options, isPatient: () => this.#failures < PATIENCE })
    options.log.confirmReads(() => this.#confirm())
    this.#pathCheckedAt = options.clock.now()
    this.#timer = options.clock.after(options.pollMs, () => void this.#tick())
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#timer.cancel()
    while (this.#polling !== undefined) await this.#polling.catch(() => undefined)
  }

  async #tick(): Promise<void> {
    try {
      await this.#poll()
      await this.#checkPath()
      this.#succeed()
    } catch (error) {
      this.#fail(error)
    }
    if (!this.#closing.signal.aborted) this.#timer.restart()
  }

  /**
   * Resolves when a poll that began after the call has settled what of the file still is what is known, which may have
   * truncated the log. As long as it fails, which is reported, whoever reads is held up: what was read may be of another
   * history.
   */
  async #confirm(): Promise<void> {
    const { clock, pollMs } = this.#options
    const { signal } = this.#closing
    while (!signal.aborted) {
      const isSettled = await this.#poll().catch(() => false)
      if (isSettled) return
      await sleep(clock, pollMs, { signal }).catch(() => undefined)
    }
  }

  /** Poll, beginning after the call; whoever asks meanwhile shares the next poll. */
  #poll(): Promise<boolean> {
    this.#next ??= (this.#polling ?? Promise.resolve())
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined
        this.#polling = this.#log.poll().finally(() => {
          this.#polling = undefined
        })
        return this.#polling
      })
    return this.#next
  }

  /** @throws {DiskError} `FILE_REPLACED` */
  async #checkPath(): Promise<void> {
    const { file, path, clock } = this.#options
    if (clock.now() - this.#pathCheckedAt < PATH_CHECK_MS) return
    // As long as it fails it is checked each time, so that it counts as a problem.
    if (!(await file.isAt(path))) throw new DiskError('FILE_REPLACED', `${path} is not the file that was opened`)
    this.#pathCheckedAt = clock.now()
  }

  #succeed(): void {
    if (this.#failures >= PATIENCE) this.#options.onProblem(undefined)
    this.#failures = 0
  }

  #fail(error: unknown): void {
    if (this.#closing.signal.aborted) return
    this.#failures++
    if (this.#failures === PATIENCE) this.#options.onProblem(error instanceof Error ? error : new Error(String(error)))
  }
}

import { sleep, type Timer } from '@datastreamer/runtime'
import { DiskError } from '../disk/errors.ts'
import { FollowedLog, type FollowedLogOptions } from './followed-log.ts'

export interface FileFollowerOptions extends Omit<FollowedLogOptions, 'isPatient'> {
  /** Milliseconds between two polls. */
  readonly pollMs: number
  /** Notified when the file no longer matches its header, and with `undefined` when it does again. */
  readonly onProblem: (problem: Error | undefined) => void
}

/** Consecutive failed polls before the file counts as damaged and not as being written. */
export const MAX_FAILURES = 20
/** Milliseconds between two checks that the path still leads to the file. */
const PATH_CHECK_MS = 1000

/**
 * Follows a file that another process writes: polls it, also after each read for a reader, before the reader gets the data.
 * docs/spec/stream-file.md §4.
 */
export class FileFollower {
  readonly #options: FileFollowerOptions
  readonly #log: FollowedLog
  readonly #closing = new AbortController()
  #timer: Timer
  #polling: Promise<boolean> | undefined
  /** The poll that begins when the one under way has ended. */
  #next: Promise<boolean> | undefined
  #failures = 0
  #pathCheckedAt: number

  constructor(options: FileFollowerOptions) {
    this.#options = options
    this.#log = new FollowedLog({ ...options, isPatient: () => this.#failures < MAX_FAILURES })
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
   * Resolves when a poll that began after the call has made the log agree with the file, which may have truncated it. Reads
   * wait as long as polls fail, which is reported: what was read may be of another history.
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

  /** Poll, beginning after the call; concurrent calls share the next poll. */
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
    // While this fails it is checked at each poll, so that the failures add up to a problem.
    if (!(await file.isAt(path))) throw new DiskError('FILE_REPLACED', `${path} is not the file that was opened`)
    this.#pathCheckedAt = clock.now()
  }

  #succeed(): void {
    if (this.#failures >= MAX_FAILURES) this.#options.onProblem(undefined)
    this.#failures = 0
  }

  #fail(error: unknown): void {
    if (this.#closing.signal.aborted) return
    this.#failures++
    if (this.#failures === MAX_FAILURES)
      this.#options.onProblem(error instanceof Error ? error : new Error(String(error)))
  }
}

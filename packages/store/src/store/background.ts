import type { Clock, Timer } from '@datastreamer/runtime'
import type { CommitLog } from '../commit-log/commit-log.ts'
import type { WritableFile } from '../log/stream-file.ts'
import type { StreamLog } from '../log/stream-log.ts'
import { Scrubber, type ScrubOptions, type ScrubStatus } from '../scrub/scrubber.ts'
import { type StoreEvent, scrubEvents } from '../write/events.ts'
import type { Exclusive } from '../write/exclusive.ts'
import type { StateOfStore } from '../write/store-state.ts'
import { Reopener } from './reopener.ts'

export interface BackgroundParts {
  readonly path: string
  readonly log: StreamLog
  readonly writable: WritableFile
  readonly commitLog: CommitLog
  readonly exclusive: Exclusive
  readonly state: StateOfStore
  /** Milliseconds between two checks that the file is still at its path; 0 is never. */
  readonly fileCheckMs: number
  /** How committed bytes are compared with their checksums, if at all. */
  readonly scrub: ScrubOptions | undefined
  readonly clock: Clock
  /** Milliseconds until the files of a broken store are reopened, after a number of failed attempts. */
  readonly reopenDelayMs: (tries: number) => number
  readonly reopen: () => Promise<void>
  readonly onEvent: (event: StoreEvent) => void
}

/** What an open store does in the background: check its paths, compare checksums, reopen its files after a failure. */
export class Background {
  readonly #exclusive: Exclusive
  readonly #fileTimer: Timer | undefined
  readonly #scrubber: Scrubber | undefined
  readonly #reopener: Reopener
  #checking = false

  constructor(parts: BackgroundParts) {
    const { path, log, commitLog, writable, exclusive, state, fileCheckMs, scrub, clock, onEvent } = parts
    this.#exclusive = exclusive
    if (fileCheckMs > 0) this.#fileTimer = clock.every(fileCheckMs, () => this.#checkFile(), { ref: false })
    if (scrub !== undefined) {
      const alone = (work: () => Promise<void>): Promise<void> => exclusive.between(work)
      const target = { log, commitLog, file: writable.file, alone, clock, ...scrubEvents(path, onEvent) }
      this.#scrubber = new Scrubber(target, scrub)
    }
    this.#reopener = new Reopener({
      state,
      clock,
      delayMs: parts.reopenDelayMs,
      reopen: async () => {
        const before = state.now
        await exclusive.reopen(parts.reopen)
        if (before.t !== 'broken') return
        const brokenMs = clock.wallTime() - before.since.getTime()
        onEvent({ event: 'reopened', file: path, tries: before.tries + 1, brokenMs })
      },
      onBroken: (error) => onEvent({ event: 'broken', file: path, error }),
      onFailure: (error, tries) => onEvent({ event: 'reopen-failed', file: path, tries, error }),
    })
  }

  /** Progress of scrubbing, if it is on. */
  get scrubbing(): ScrubStatus | undefined {
    return this.#scrubber?.status
  }

  /** Start nothing new; resolves when what runs has ended, except reopening. */
  async stop(): Promise<void> {
    this.#fileTimer?.cancel()
    await this.#scrubber?.close()
    this.#reopener.stop()
  }

  #checkFile(): void {
    if (this.#checking) return
    this.#checking = true
    void this.#exclusive.checkFile().finally(() => {
      this.#checking = false
    })
  }
}

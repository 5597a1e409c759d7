import type { Clock, Timer } from '@datastreamer/runtime'
import type { BookmarkIndex } from '../bookmarks/bookmark-index.ts'
import type { CommitLog } from '../commit-log/commit-log.ts'
import { DiskError } from '../disk/errors.ts'
import { messageOf } from '../disk/message-of.ts'
import type { CommitPoint } from '../log/commit-point.ts'
import type { LogWriter } from './log-writer.ts'
import type { StateOfStore } from './store-state.ts'

/** When what is written becomes durable. */
export type Fsync = 'commit' | 'interval' | 'never'

export interface CheckpointerOptions {
  readonly fsync: Fsync
  /** Time between two syncs where `fsync` is `interval`. */
  readonly intervalMs: number
  /** Bytes committed after which a checkpoint is due in any case: it bounds what has to be read after a crash. */
  readonly everyBytes: number
  readonly writer: LogWriter
  readonly commitLog: CommitLog
  readonly index: BookmarkIndex
  readonly bootId: string
  readonly state: StateOfStore
  readonly clock: Clock
  /** Where the log is committed now. */
  readonly committed: () => CommitPoint
  /** Called when a sync in the background failed. */
  readonly onError: (error: Error) => void
}

/** Where the log is about to be truncated. */
export interface TruncationPoint {
  readonly point: CommitPoint
  readonly checksum: number
}

/** Makes durable in the background what commits do not wait for, and writes down up to where. */
export class Checkpointer {
  readonly #options: CheckpointerOptions
  readonly #timer: Timer | undefined
  #last: CommitPoint
  #running: Promise<void> | undefined
  #held = false

  constructor(options: CheckpointerOptions) {
    this.#options = options
    this.#last = options.committed()
    const { fsync, clock, intervalMs } = options
    if (fsync === 'interval') this.#timer = clock.every(intervalMs, () => this.#start(), { ref: false })
  }

  /** To be called after each commit. */
  afterCommit(): void {
    const { committed, everyBytes } = this.#options
    if (committed().totalLength - this.#last.totalLength >= everyBytes) this.#start()
  }

  /**
   * Make everything durable and say so.
   *
   * @param open whether the store goes on
   * @param truncation where to say so, if the log is to be truncated there (default: the commit point), and the checksum of the record
   * that ends there then
   * @throws {DiskError} `WRITE_FAILED`, `STORE_BROKEN`
   */
  async write({ open, truncation }: { readonly open: boolean; readonly truncation?: TruncationPoint }): Promise<void> {
    const { commitLog, writer, index, committed, fsync, bootId } = this.#options
    const point = truncation?.point ?? committed()
    await index.flush({ sync: true })
    await writer.syncAll()
    const everyCommitDurable = fsync === 'commit'
    const flags = {
      open,
      everyCommitDurable,
      truncating: truncation !== undefined,
      truncationChecksum: truncation?.checksum ?? 0,
    }
    const checkpoint = { ...point, indexedEntries: point.totalEntries, ...flags, bootId }
    try {
      await commitLog.writeCheckpoint(checkpoint)
    } catch (cause) {
      throw new DiskError('WRITE_FAILED', `the checkpoint was not written: ${messageOf(cause)}`, { cause })
    }
    this.#last = point
  }

  /** Do `work` while nothing runs in the background: what began before it would write down what is no longer so. */
  async alone(work: () => Promise<void>): Promise<void> {
    this.#held = true
    try {
      await this.#running
      await work()
    } finally {
      this.#held = false
    }
  }

  /** Wait for what runs in the background and begin nothing new. */
  async stop(): Promise<void> {
    this.#timer?.cancel()
    await this.#running
  }

  #start(): void {
    if (this.#held || this.#running !== undefined || this.#options.state.broken !== undefined) return
    if (this.#options.committed().totalEntries === this.#last.totalEntries) return
    this.#running = this.write({ open: true })
      .catch((error: unknown) => this.#options.onError(error instanceof Error ? error : new Error(String(error))))
      .finally(() => {
        this.#running = undefined
      })
  }
}

import type { Clock, Timer } from '@datastreamer/runtime'
import type { BookmarkIndex } from '../bookmarks/bookmark-index.ts'
import type { CommitLog } from '../commit-log/commit-log.ts'
import { DiskError } from '../disk/errors.ts'
import { messageOf } from '../disk/message-of.ts'
import type { CommitPoint } from '../log/commit-point.ts'
import type { LogWriter } from './log-writer.ts'
import type { StateOfStore } from './store-state.ts'

/** When commits are made durable. */
export type Fsync = 'commit' | 'interval' | 'never'

export interface CheckpointerOptions {
  readonly fsync: Fsync
  /** Milliseconds between two syncs if `fsync` is `interval`. */
  readonly intervalMs: number
  /** Committed bytes after which a checkpoint is due in any case: this bounds what has to be read after a crash. */
  readonly everyBytes: number
  readonly writer: LogWriter
  readonly commitLog: CommitLog
  readonly index: BookmarkIndex
  readonly bootId: string
  readonly state: StateOfStore
  readonly clock: Clock
  /** The current commit point. */
  readonly committed: () => CommitPoint
  /** Notified when a sync in the background fails. */
  readonly onError: (error: Error) => void
}

/** Where the log is about to be truncated. */
export interface PlannedTruncation {
  readonly point: CommitPoint
  /** Checksum of the record that will end there. */
  readonly checksum: number
}

interface CheckpointRequest {
  readonly open: boolean
  readonly truncation?: PlannedTruncation
}

/** Makes durable in the background what commits do not wait for, and writes checkpoints of it. */
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
   * Make everything durable and write a checkpoint.
   *
   * @param open whether the store stays open
   * @param truncation announce this truncation: the checkpoint is at its point (default: at the commit point)
   * @throws {DiskError} `WRITE_FAILED`, `STORE_BROKEN`
   */
  async write({ open, truncation }: CheckpointRequest): Promise<void> {
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

  /** Do `work` while nothing runs in the background: a checkpoint begun earlier would be out of date. */
  async alone(work: () => Promise<void>): Promise<void> {
    this.#held = true
    try {
      await this.#running
      await work()
    } finally {
      this.#held = false
    }
  }

  /** Wait for what runs in the background and start nothing new. */
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

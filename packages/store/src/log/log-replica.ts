import type { Clock } from '@datastreamer/runtime'
import type { DiskFile } from '../disk/disk.ts'
import { nodeDisk } from '../disk/node-disk.ts'
import { type CommitPoint, isBefore } from './commit-point.ts'
import { type LogUpdate, type ReplicaStart, receivedError } from './log-update.ts'
import { PageBuffers, startOfOpenPage, TAIL_PAGES } from './page-buffers.ts'
import { StreamLog } from './stream-log.ts'

export interface LogReplicaOptions {
  readonly start: ReplicaStart
  /** The stream file, open for reading. */
  readonly file: DiskFile
  readonly clock: Clock
  /** Have the log itself confirm what was read from the file, which may truncate it; for logs that ask for that. */
  readonly confirm: () => Promise<void>
  /** Tell the log itself that an update with an id was applied. */
  readonly acknowledge: (id: number) => void
}

/**
 * A log as another thread sees the log of a store or a reader: it hears of all that happens to it, in order, shares its
 * pages in memory and reads the rest from the file itself.
 *
 * Invariants: it is never ahead of that log; where the two differ, this one is as that one was a moment ago.
 */
export class LogReplica {
  readonly log: StreamLog
  readonly #options: LogReplicaOptions
  readonly #buffers = new PageBuffers()
  #onChanged: () => void = () => {}

  constructor(options: LogReplicaOptions) {
    const { start, file, clock, confirm } = options
    const { path, header, base, damages, refusal, confirmsReads } = start
    this.#options = options
    this.log = new StreamLog({ file, path, header, base, buffers: this.#buffers, clock })
    this.log.damages.replace(damages)
    this.log.refuseReads(refusal && receivedError(refusal))
    if (confirmsReads) this.log.confirmReads(confirm)
  }

  apply(update: LogUpdate): void {
    switch (update.t) {
      case 'commit':
        this.#buffers.adopt(update.pages, update.point.totalLength)
        this.log.advance(update.point)
        this.#buffers.forgetUpTo(startOfOpenPage(update.point.totalLength), TAIL_PAGES)
        return
      case 'truncate':
        this.#truncate(update.point)
        this.#options.acknowledge(update.id)
        return
      case 'base':
        this.log.moveBase(update.base)
        this.#options.acknowledge(update.id)
        return
      case 'change':
        this.#change()
        this.#options.acknowledge(update.id)
        return
      case 'changed':
        this.#onChanged()
        return
      case 'damages':
        this.log.damages.replace(update.ranges)
        return
      case 'refusal':
        this.log.refuseReads(update.refusal && receivedError(update.refusal))
    }
  }

  /** Release the file. */
  async close(): Promise<void> {
    await this.#options.file.close()
  }

  #truncate(point: CommitPoint): void {
    this.#buffers.clear()
    // What was removed may have been committed a moment before, so that it never was in this log.
    if (isBefore(point, this.log.header)) this.log.truncate(point)
    else this.log.advance(point)
  }

  /** Committed bytes change, in the file and in new memory. */
  #change(): void {
    this.#buffers.clear()
    const changed = new Promise<void>((resolve) => {
      this.#onChanged = resolve
    })
    void this.log.change(() => changed)
  }
}

/** Begin a replica, which opens the file of the log for itself. @throws the system's error */
export async function openReplica(options: Omit<LogReplicaOptions, 'file'>): Promise<LogReplica> {
  return new LogReplica({ ...options, file: await nodeDisk.open(options.start.path, 'read') })
}

import { systemClock } from '@datastreamer/runtime'
import type { DiskFile } from '../src/disk/disk.ts'
import { nodeDisk } from '../src/disk/node-disk.ts'
import { LogReplica } from '../src/log/log-replica.ts'
import type { LogUpdate } from '../src/log/log-update.ts'
import type { ReplicaLink } from '../src/log/replicas.ts'
import type { StreamLog } from '../src/log/stream-log.ts'

/** A replica that gets updates as a thread would: copied, and later. */
export class DistantReplica implements AsyncDisposable {
  readonly #file: DiskFile
  readonly #link: ReplicaLink
  readonly #replica: LogReplica
  readonly #onSend: (update: LogUpdate) => void
  readonly #waiting: LogUpdate[] = []

  private constructor(log: StreamLog, file: DiskFile, onSend: (update: LogUpdate) => void) {
    this.#file = file
    this.#onSend = onSend
    const { start, link } = log.replicate((update) => {
      this.#onSend(update)
      this.#waiting.push(structuredClone(update))
    })
    this.#link = link
    this.#replica = new LogReplica({
      start: structuredClone(start),
      file,
      clock: systemClock,
      confirm: async () => {
        await log.confirmed()
        this.applyAll()
      },
      acknowledge: (id) => link.acknowledge(id),
    })
  }

  /** @param onSend called when an update is sent */
  static async of(log: StreamLog, onSend: (update: LogUpdate) => void = () => {}): Promise<DistantReplica> {
    return new DistantReplica(log, await nodeDisk.open(log.path, 'read'), onSend)
  }

  get log(): StreamLog {
    return this.#replica.log
  }

  /** Apply the oldest update that it was sent; returns it, if there is one. */
  applyOne(): LogUpdate | undefined {
    const update = this.#waiting.shift()
    if (update !== undefined) this.#replica.apply(update)
    return update
  }

  applyAll(): void {
    while (this.applyOne() !== undefined) {}
  }

  /** Its thread ends. */
  stop(): void {
    this.#link.stop()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop()
    await this.#file.close()
  }
}

import { invariant } from '@datastreamer/format'
import type { CommitPoint } from './commit-point.ts'
import type { EntryRange } from './entry-range.ts'
import type { LogUpdate, SentError, SharedPage } from './log-update.ts'
import type { PageBuffer, PageBuffers } from './page-buffers.ts'

/** A replica of a log in another thread. */
export interface ReplicaLink {
  /** The replica has done what the update with this id says, and so have all reads that begin from now on. */
  acknowledge(id: number): void
  /** The thread is gone: nothing is sent to it any more, and nobody waits for it. */
  stop(): void
}

interface Replica {
  readonly send: (update: LogUpdate) => void
  /** The page in memory that it has for each start. */
  readonly pages: Map<number, SharedPage>
  acknowledged: number
}

/**
 * The replicas of a log: each hears of all that happens to it, in order.
 *
 * Invariants: a replica is sent pages that are committed, up to the commit point that comes with them; nobody goes on to
 * change bytes of the file before every replica has acknowledged that they are no longer what was committed.
 */
export class Replicas {
  readonly #buffers: PageBuffers
  readonly #replicas = new Set<Replica>()
  #lastId = 0
  #waiting: (() => void)[] = []

  constructor(buffers: PageBuffers) {
    this.#buffers = buffers
  }

  /** @param send posts an update to the thread of the replica, which has what the log holds now but no pages */
  add(send: (update: LogUpdate) => void): ReplicaLink {
    const replica: Replica = { send, pages: new Map(), acknowledged: this.#lastId }
    this.#buffers.share()
    this.#replicas.add(replica)
    return {
      acknowledge: (id) => {
        replica.acknowledged = Math.max(id, replica.acknowledged)
        this.#wake()
      },
      stop: () => {
        this.#replicas.delete(replica)
        this.#wake()
      },
    }
  }

  commit(point: CommitPoint): void {
    for (const replica of this.#replicas) replica.send({ t: 'commit', point, pages: this.#newPages(replica, point) })
  }

  truncate(point: CommitPoint): void {
    const id = ++this.#lastId
    for (const { send, pages } of this.#replicas) {
      pages.clear()
      send({ t: 'truncate', id, point })
    }
  }

  base(base: CommitPoint): void {
    const id = ++this.#lastId
    for (const { send } of this.#replicas) send({ t: 'base', id, base })
  }

  /** Committed bytes are about to be changed in place. Resolves when every replica knows. */
  async change(): Promise<void> {
    const id = ++this.#lastId
    for (const { send, pages } of this.#replicas) {
      pages.clear()
      send({ t: 'change', id })
    }
    await this.agreed()
  }

  changed(): void {
    for (const { send } of this.#replicas) send({ t: 'changed' })
  }

  damages(ranges: readonly EntryRange[]): void {
    for (const { send } of this.#replicas) send({ t: 'damages', ranges })
  }

  refusal(refusal: SentError | undefined): void {
    for (const { send } of this.#replicas) send({ t: 'refusal', refusal })
  }

  /** Resolves when every replica has done all that it was sent until now. */
  async agreed(): Promise<void> {
    const id = this.#lastId
    while ([...this.#replicas].some(({ acknowledged }) => acknowledged < id)) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  /** The committed pages in memory that a replica does not have as they are. */
  #newPages({ pages }: Replica, { totalLength }: CommitPoint): SharedPage[] {
    const committed = this.#buffers.all.filter(({ start }) => start < totalLength)
    const first = committed[0]?.start ?? totalLength
    for (const start of pages.keys()) if (start < first) pages.delete(start)
    return committed.flatMap((page) => {
      const known = pages.get(page.start)
      const shared = sharedPage(page, totalLength)
      if (known?.memory === shared.memory && known.closedAt === shared.closedAt) return []
      pages.set(page.start, shared)
      return [shared]
    })
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}

/** @param end of the log: a page that was closed there or later may be opened again, by a rollback */
function sharedPage({ start, firstNumber, closedAt, bytes }: PageBuffer, end: number): SharedPage {
  const { buffer: memory } = bytes
  invariant(memory instanceof SharedArrayBuffer, 'a page that threads read is not shared')
  return { start, firstNumber, closedAt: closedAt !== undefined && closedAt < end ? closedAt : undefined, memory }
}

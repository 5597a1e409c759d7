import type { Clock } from './clock.ts'
import { shareOf } from './share-of.ts'
import { systemClock } from './system-clock.ts'

/** So many more may come in one moment before the oldest are evicted at once. */
const BURST = 256

export interface ConnectionLimitOptions<Connection> {
  /** Connections at a time; 0 is no limit. */
  readonly max: number
  /** Default: this machine's. */
  readonly clock?: Clock | undefined
  /** Close a connection, which is removed already. */
  readonly onEvict: (connection: Connection) => void
}

/**
 * Connections that have not shown yet that they may stay: few, and bounded by evicting instead of by rejecting.
 *
 * One too many evicts the oldest of the address that has most. So whoever connects, however often, evicts its own
 * connections, and one from another address always has its time. Evicting waits until what had arrived from them is read:
 * one that sends at once is heard, though thousands connect with it.
 */
export class ConnectionLimit<Connection> {
  readonly #options: ConnectionLimitOptions<Connection>
  readonly #clock: Clock
  /** Who holds which share, the oldest first. */
  readonly #connections = new Map<Connection, string>()
  readonly #sizes = new Map<string, number>()
  #sweeping = false

  constructor(options: ConnectionLimitOptions<Connection>) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
  }

  get size(): number {
    return this.#connections.size
  }

  /** Add a connection, as the youngest, if it is not there already. */
  add(connection: Connection, address: string): void {
    if (this.#connections.has(connection)) return
    const share = shareOf(address)
    this.#connections.set(connection, share)
    this.#sizes.set(share, (this.#sizes.get(share) ?? 0) + 1)
    const { max } = this.#options
    if (max === 0 || this.size <= max) return
    if (this.size > max + BURST) this.#evict()
    this.#sweepSoon()
  }

  /** Make a connection the youngest. */
  touch(connection: Connection): void {
    const share = this.#connections.get(connection)
    if (share === undefined) return
    this.#connections.delete(connection)
    this.#connections.set(connection, share)
  }

  remove(connection: Connection): void {
    const share = this.#connections.get(connection)
    if (share === undefined) return
    this.#connections.delete(connection)
    const left = (this.#sizes.get(share) ?? 0) - 1
    if (left > 0) this.#sizes.set(share, left)
    else this.#sizes.delete(share)
  }

  /** Evict after the next turn of the event loop in which sockets are read. */
  #sweepSoon(): void {
    if (this.#sweeping) return
    this.#sweeping = true
    this.#clock.soon(() =>
      this.#clock.soon(() => {
        this.#sweeping = false
        while (this.size > this.#options.max) this.#evict()
      }),
    )
  }

  #evict(): void {
    const most = Math.max(...this.#sizes.values())
    for (const [connection, share] of this.#connections) {
      if (this.#sizes.get(share) !== most) continue
      this.remove(connection)
      this.#options.onEvict(connection)
      return
    }
  }
}

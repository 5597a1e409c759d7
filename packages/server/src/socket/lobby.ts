import { type Clock, systemClock } from '@datastreamer/runtime'
import { shareOf } from './share-of.ts'

/** So many more may come in one moment before they displace one another at once. */
const BURST = 256

export interface LobbyOptions<Guest> {
  /** Guests at a time; 0 is no limit. */
  readonly maxGuests: number
  /** Default: this machine's. */
  readonly clock?: Clock | undefined
  /** End a guest, which has left already. */
  readonly onEvict: (guest: Guest) => void
}

/**
 * Connections that have not shown yet that they may stay: few, and bounded by displacing instead of by refusing.
 *
 * One too many evicts the oldest of the address that has most. So whoever knocks, however often, displaces its own
 * connections, and one from another address always has its time. Evicting waits until what had arrived from the guests
 * is read: one that speaks at once is heard, though thousands knock with it.
 */
export class Lobby<Guest> {
  readonly #options: LobbyOptions<Guest>
  readonly #clock: Clock
  /** Who holds which share, the oldest first. */
  readonly #guests = new Map<Guest, string>()
  readonly #sizes = new Map<string, number>()
  #sweeping = false

  constructor(options: LobbyOptions<Guest>) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
  }

  get size(): number {
    return this.#guests.size
  }

  /** Let one in, as the youngest, if it is not in already. */
  enter(guest: Guest, address: string): void {
    if (this.#guests.has(guest)) return
    const share = shareOf(address)
    this.#guests.set(guest, share)
    this.#sizes.set(share, (this.#sizes.get(share) ?? 0) + 1)
    const { maxGuests } = this.#options
    if (maxGuests === 0 || this.size <= maxGuests) return
    if (this.size > maxGuests + BURST) this.#evict()
    this.#sweepSoon()
  }

  /** Make one that is in the youngest. */
  touch(guest: Guest): void {
    const share = this.#guests.get(guest)
    if (share === undefined) return
    this.#guests.delete(guest)
    this.#guests.set(guest, share)
  }

  leave(guest: Guest): void {
    const share = this.#guests.get(guest)
    if (share === undefined) return
    this.#guests.delete(guest)
    const left = (this.#sizes.get(share) ?? 0) - 1
    if (left > 0) this.#sizes.set(share, left)
    else this.#sizes.delete(share)
  }

  /** Evict behind the next turn of the event loop in which sockets are read. */
  #sweepSoon(): void {
    if (this.#sweeping) return
    this.#sweeping = true
    this.#clock.soon(() =>
      this.#clock.soon(() => {
        this.#sweeping = false
        while (this.size > this.#options.maxGuests) this.#evict()
      }),
    )
  }

  #evict(): void {
    const most = Math.max(...this.#sizes.values())
    for (const [guest, share] of this.#guests) {
      if (this.#sizes.get(share) !== most) continue
      this.leave(guest)
      this.#options.onEvict(guest)
      return
    }
  }
}

import type { Clock } from '@datastreamer/runtime'
import type { Channel } from '../connection/channel.ts'
import { ConnectionError, ServerRefusedError } from '../errors.ts'

/** For how long a server that does not know filters is not asked again. */
const FILTERS_REFUSED_MS = 600_000

/** Whether a server is to be asked for filters: to one that closes when it is asked, it takes a connection more. */
export class FilterMemory {
  readonly #clock: Clock
  #refusedAt = Number.NEGATIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get mayAsk(): boolean {
    return this.#clock.now() - this.#refusedAt >= FILTERS_REFUSED_MS
  }

  onRefused(): void {
    this.#refusedAt = this.#clock.now()
  }
}

/** Entries of some types only. */
export interface WantedTypes {
  readonly types: ReadonlySet<number>
  readonly memory: FilterMemory
}

export interface WantedExtensions {
  /** Operation boundaries; docs/spec/protocol.md §7. */
  readonly boundaries: boolean
  /** docs/spec/protocol.md §11. */
  readonly filter?: WantedTypes | undefined
}

/**
 * What a session asks for beyond the protocol of the Go server: what is wanted, without what the server refused.
 * docs/spec/protocol.md §7 and §11.
 */
export class Extensions {
  #boundaries: boolean
  #filter: WantedTypes | undefined
  /** Whether the server refused something on the newest connection. */
  #refused = false

  constructor({ boundaries, filter }: WantedExtensions) {
    this.#boundaries = boundaries
    this.#filter = filter?.memory.mayAsk ? filter : undefined
  }

  /** Whether the server sends operation boundaries. */
  get boundaries(): boolean {
    return this.#boundaries
  }

  /** Whether the server sends entries of the wanted types only. */
  get filtered(): boolean {
    return this.#filter !== undefined
  }

  /** Ask on a new connection. */
  async ask(channel: Channel): Promise<void> {
    this.#refused = false
    if (this.#boundaries && !(await isKnown(channel, 'operationBoundaries'))) {
      this.#boundaries = false
      this.#refused = true
    }
    if (this.#filter === undefined) return
    if (await isKnown(channel, 'filters')) {
      await channel.request({ name: 'entryTypes', types: [...this.#filter.types] })
    } else {
      this.#filter.memory.onRefused()
      this.#filter = undefined
      this.#refused = true
    }
  }

  /** Whether the connection ended because the server does not know what it was asked for: on the next it is not asked. */
  explain(error: unknown): boolean {
    return this.#refused && error instanceof ConnectionError && (error.code === 'CLOSED' || error.code === 'RESET')
  }
}

async function isKnown(channel: Channel, name: 'operationBoundaries' | 'filters'): Promise<boolean> {
  try {
    await channel.request({ name })
    return true
  } catch (error) {
    if (error instanceof ServerRefusedError) return false
    throw error
  }
}

import type { Clock, Timer } from '@datastreamer/runtime'
import type { DiskError } from '../disk/errors.ts'
import type { StateOfStore } from '../write/store-state.ts'

export interface ReopenerOptions {
  readonly state: StateOfStore
  readonly clock: Clock
  /** Open the files anew. Throws if the disk is not well yet, and the store is broken as before then. */
  readonly reopen: () => Promise<void>
  /** Milliseconds until the next try, after so many in vain. */
  readonly delayMs: (tries: number) => number
  /** Called when the store broke. */
  readonly onBroken: (error: DiskError) => void
  /** Called with why a try was in vain, and how many were so far. */
  readonly onFailure: (error: Error, tries: number) => void
}

/** Longest time between two tries to open the files of a store anew. */
const MAX_DELAY_MS = 10_000

/** 100 ms after the store broke, then twice as long each time, up to 10 s. */
export function defaultReopenDelay(tries: number): number {
  return Math.min(100 * 2 ** Math.min(tries, 10), MAX_DELAY_MS)
}

/** Has the files of a store opened anew when it broke, until that helps. */
export class Reopener {
  readonly #options: ReopenerOptions
  #timer: Timer | undefined
  #isStopped = false

  constructor(options: ReopenerOptions) {
    this.#options = options
    const onBroken = (error: DiskError): void => {
      options.onBroken(error)
      this.#plan()
    }
    options.state.onBroken(onBroken)
    // A store may be opened without room for what it has to write first.
    if (options.state.broken !== undefined) onBroken(options.state.broken)
  }

  /** Begin no other try. */
  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }

  #plan(): void {
    const { state, clock, delayMs } = this.#options
    const { now } = state
    if (this.#isStopped || now.t !== 'broken') return
    this.#timer = clock.after(delayMs(now.tries), () => void this.#try(), { ref: false })
  }

  async #try(): Promise<void> {
    const { state, reopen, onFailure } = this.#options
    try {
      await reopen()
    } catch (error) {
      if (this.#isStopped) return
      const { now } = state
      if (now.t === 'broken') onFailure(asError(error), now.tries)
      this.#plan()
    }
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}

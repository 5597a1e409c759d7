import type { Clock, Timer } from '@datastreamer/runtime'
import type { DiskError } from '../disk/errors.ts'
import type { StateOfStore } from '../write/store-state.ts'

export interface ReopenerOptions {
  readonly state: StateOfStore
  readonly clock: Clock
  /** Reopen the files. Throws if the disk still fails; the store stays broken then. */
  readonly reopen: () => Promise<void>
  /** Milliseconds until the next attempt, after a number of failed ones. */
  readonly delayMs: (tries: number) => number
  /** Notified when the store breaks. */
  readonly onBroken: (error: DiskError) => void
  /** Notified when an attempt fails, with the number of failed ones so far. */
  readonly onFailure: (error: Error, tries: number) => void
}

/** Longest time between two attempts. */
const MAX_DELAY_MS = 10_000

/** 100 ms, then twice as long each time, up to 10 s. */
export function defaultReopenDelay(tries: number): number {
  return Math.min(100 * 2 ** Math.min(tries, 10), MAX_DELAY_MS)
}

/** Reopens the files of a broken store, again and again until that succeeds. */
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
    // A store that is opened on a full disk is broken from the start.
    if (options.state.broken !== undefined) onBroken(options.state.broken)
  }

  /** Start no further attempt. */
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

import type { LogPublisher } from './log-publisher.ts'
import type { Sleep } from './sleep.ts'
import { type StopSignal, stopWith } from './stop.ts'

export interface PublishingOptions {
  readonly publisher: LogPublisher
  readonly sleep: Sleep
  readonly signal: StopSignal
  /** After how long it is looked whether what was published is still there. */
  readonly confirmMs: number
}

/** Publishes beside the reading, one segment at a time, and confirms it once no other follows. */
export class Publishing {
  readonly #options: PublishingOptions
  #current: Promise<void> = Promise.resolve()
  #pause: { abort(reason: unknown): void } | undefined
  #isHurried = false

  constructor(options: PublishingOptions) {
    this.#options = options
  }

  /** Begin to publish what is sealed. Nothing else may be under way. @param onFailed called with what ended it */
  start(onFailed: (error: unknown) => void): void {
    this.#isHurried = false
    this.#current = this.#publish()
    this.#current.catch(onFailed)
  }

  /**
   * Wait until nothing is under way; what was not confirmed yet is looked at with what comes next. Throws what failed,
   * once.
   */
  async settle(): Promise<void> {
    this.#isHurried = true
    this.#pause?.abort(undefined)
    await this.confirmed()
  }

  /** Wait until all is published and confirmed. Throws as {@link settle}. */
  async confirmed(): Promise<void> {
    const current = this.#current
    try {
      await current
    } finally {
      if (this.#current === current) this.#current = Promise.resolve()
    }
  }

  async #publish(): Promise<void> {
    const { publisher } = this.#options
    await publisher.publish()
    if (await this.#waited()) await publisher.confirm()
  }

  /** Whether nothing came before it was time to confirm. */
  async #waited(): Promise<boolean> {
    const { sleep, signal, confirmMs } = this.#options
    if (this.#isHurried) return false
    const pause = stopWith(signal)
    this.#pause = pause
    try {
      await sleep(confirmMs, pause.signal)
      return true
    } catch (error) {
      if (this.#isHurried && !signal.aborted) return false
      throw error
    } finally {
      this.#pause = undefined
    }
  }
}

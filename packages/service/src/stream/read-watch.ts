import type { Clock, Timer } from '@datastreamer/runtime'
import { onServerEvent, type StreamServer } from '@datastreamer/server'

/** Time between two attempts to read again what could not be read. */
const RETRY_MS = 1000
/** Failures that are remembered; more are as bad. */
const MAX_REMEMBERED = 16

type Again = () => Promise<unknown>

/** Knows what clients or sources asked for and could not be read, until it can be read again. */
export class ReadWatch implements Disposable {
  readonly #failing = new Map<string, Again>()
  readonly #unlisten: () => void
  readonly #clock: Clock
  #timer: Timer | undefined

  constructor(server: StreamServer, clock: Clock) {
    this.#clock = clock
    this.#unlisten = onServerEvent(server, (event) => {
      if (event.type === 'error') this.remember(event.error, event.again)
    })
  }

  /** Why the stream cannot be read, if that is so. */
  get problem(): string | undefined {
    const [message] = this.#failing.keys()
    return message === undefined ? undefined : `the stream cannot be read: ${message}`
  }

  [Symbol.dispose](): void {
    this.#unlisten()
    this.#timer?.cancel()
    this.#failing.clear()
  }

  /** Something could not be read. @param again reads it once more */
  remember(error: unknown, again: Again): void {
    const message = error instanceof Error ? error.message : String(error)
    if (this.#failing.size < MAX_REMEMBERED) this.#failing.set(message, again)
    this.#retrySoon()
  }

  #retrySoon(): void {
    const retry = async (): Promise<void> => {
      await this.#retry()
      this.#timer = undefined
      if (this.#failing.size > 0) this.#retrySoon()
    }
    this.#timer ??= this.#clock.after(RETRY_MS, () => void retry(), { ref: false })
  }

  async #retry(): Promise<void> {
    for (const [message, again] of this.#failing) {
      const isWell = await again().then(
        () => true,
        () => false,
      )
      if (isWell) this.#failing.delete(message)
    }
  }
}

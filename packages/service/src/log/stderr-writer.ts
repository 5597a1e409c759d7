import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'

const STDERR = 2
/** Bytes that wait for whoever reads; what comes on top of them is dropped rather than the service held up. */
const MAX_WAITING_BYTES = 1_048_576
/** Time that whoever reads has to take the last lines. */
const END_TIMEOUT_MS = 500

/** Writes to standard error in the background: neither a slow reader nor one that is gone holds the process up. */
export class StderrWriter {
  readonly #out = pino.destination({ dest: STDERR, sync: false, maxLength: MAX_WAITING_BYTES })
  #ended = false

  constructor() {
    // A log that nobody can read any more is no reason to end.
    this.#out.on('error', () => {})
  }

  write(text: string): void {
    if (!this.#ended) this.#out.write(text)
  }

  /** Write what waits, now and whatever is under way. */
  flushNow(): void {
    if (!this.#ended) this.#out.flushSync()
  }

  /** Write no more; resolves when all is written, or cannot be in time. */
  async end(): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    const done = new Promise<void>((resolve) => this.#out.once('close', resolve))
    this.#out.end()
    await Promise.race([done, sleep(END_TIMEOUT_MS)])
  }
}

import { increment } from '../socket/increment.ts'
import type { EventDetails } from './server-events.ts'
import type { ServerCounters } from './server-status.ts'

/** Adds up what happens at a server. */
export class EventCounter {
  readonly #rejected: Record<string, number> = {}
  readonly #closed: Record<string, number> = {}
  readonly #refused: Record<number, number> = {}
  #accepted = 0
  /** Of connections that were closed. */
  #bytesSent = 0

  /** @param openBytesSent bytes that were sent to those that are still connected */
  counters(openBytesSent: number): ServerCounters {
    return {
      accepted: this.#accepted,
      bytesSent: this.#bytesSent + openBytesSent,
      rejected: { ...this.#rejected },
      closed: { ...this.#closed },
      refused: { ...this.#refused },
    }
  }

  count(event: EventDetails): void {
    if (event.type === 'connected') this.#accepted++
    else if (event.type === 'rejected') increment(this.#rejected, event.reason)
    else if (event.type === 'closed') {
      increment(this.#closed, event.reason)
      this.#bytesSent += event.bytesSent
    } else if (event.type === 'refused') increment(this.#refused, event.resultCode)
  }
}

import { sentError } from '@datastreamer/store/log'
import type { EventDetails } from '../tcp/server-events.ts'
import type { SentEvent } from './messages.ts'

/** Events that wait for the server; beyond that, everyday ones are left out. */
const MAX_WAITING = 1000
/** Reads that can be repeated; older ones count as repeated. */
const MAX_AGAIN = 64

/** Everyday events, which a client can cause as often as it likes; counters count them all. */
const EVERYDAY: ReadonlySet<EventDetails['type']> = new Set(['streaming', 'stopped', 'refused'])

/**
 * The events of a thread on their way to its server, some at a time: while the server is busy they wait here.
 *
 * Invariants: they keep their order; what is sent is handled before more is sent.
 */
export class EventOutbox {
  readonly #send: (events: readonly SentEvent[]) => void
  readonly #again = new Map<number, () => Promise<unknown>>()
  #lastAgain = 0
  #waiting: SentEvent[] = []
  #isSent = false

  constructor(send: (events: readonly SentEvent[]) => void) {
    this.#send = send
  }

  add(event: EventDetails): void {
    if (this.#waiting.length >= MAX_WAITING && EVERYDAY.has(event.type)) return
    this.#waiting.push(event.type === 'error' ? this.#sentError(event) : event)
    if (!this.#isSent) this.#sendSoon()
  }

  /** What was sent is handled. */
  onHandled(): void {
    this.#isSent = false
    if (this.#waiting.length > 0) this.#sendSoon()
  }

  /** Read once more what could not be read. @throws if it still cannot */
  async readAgain(number: number): Promise<void> {
    await this.#again.get(number)?.()
    this.#again.delete(number)
  }

  /** Those of one turn of the event loop go together. */
  #sendSoon(): void {
    this.#isSent = true
    queueMicrotask(() => this.#send(this.#waiting.splice(0)))
  }

  #sentError({ id, error, again }: Extract<EventDetails, { readonly type: 'error' }>): SentEvent {
    const number = ++this.#lastAgain
    this.#again.set(number, again)
    const [oldest = number] = this.#again.keys()
    if (this.#again.size > MAX_AGAIN) this.#again.delete(oldest)
    return { type: 'error', id, error: sentError(error), again: number }
  }
}

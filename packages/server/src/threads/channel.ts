import { receivedError, type SentError, sentError } from '@datastreamer/store/log'

/** What goes from one thread to another. */
export type Message<Note, Request> =
  | { readonly t: 'note'; readonly note: Note }
  | { readonly t: 'request'; readonly id: number; readonly request: Request }
  | { readonly t: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly t: 'failed'; readonly id: number; readonly error: SentError }

/** Where messages go to: a worker, or its parent port. What comes from there is for `receive`. */
export interface Port {
  postMessage(message: unknown): void
}

/** What comes from the other side. Notes and requests are handled in the order in which they were sent. */
export interface ChannelHandler<Note, Request> {
  onNote(note: Note): void
  /** @throws, as a rejection, what the other side is to be answered */
  onRequest(request: Request): Promise<unknown>
}

interface Waiter {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

/**
 * Notes and requests between two threads.
 *
 * Invariants: each request has a number of its own and is answered once, or rejected when the channel is closed.
 */
export class ThreadChannel<
  Sent extends { note: unknown; request: unknown },
  Got extends { note: unknown; request: unknown },
> {
  readonly #port: Port
  readonly #handler: ChannelHandler<Got['note'], Got['request']>
  readonly #waiting = new Map<number, Waiter>()
  #lastId = 0
  #closed: Error | undefined

  constructor(port: Port, handler: ChannelHandler<Got['note'], Got['request']>) {
    this.#port = port
    this.#handler = handler
  }

  post(note: Sent['note']): void {
    this.#send({ t: 'note', note })
  }

  /** @throws what the other side throws: message and code of it */
  request<Answer>(request: Sent['request']): Promise<Answer> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed)
    const id = ++this.#lastId
    return new Promise<Answer>((resolve, reject) => {
      this.#send({ t: 'request', id, request })
      this.#waiting.set(id, { resolve: (value) => resolve(value as Answer), reject })
    })
  }

  /** Reject what is not answered, and what is requested from now on; returns how many waited. */
  close(error: Error): number {
    this.#closed ??= error
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { reject } of waiting) reject(error)
    return waiting.length
  }

  /** Handle a message of the other side. */
  receive(message: Message<Got['note'], Got['request']>): void {
    switch (message.t) {
      case 'note':
        this.#handler.onNote(message.note)
        return
      case 'request':
        void this.#answer(message.id, message.request)
        return
      case 'answer':
        this.#take(message.id)?.resolve(message.value)
        return
      case 'failed':
        this.#take(message.id)?.reject(receivedError(message.error))
    }
  }

  async #answer(id: number, request: Got['request']): Promise<void> {
    try {
      const value = await this.#handler.onRequest(request)
      this.#send({ t: 'answer', id, value })
    } catch (error) {
      this.#send({ t: 'failed', id, error: sentError(error) })
    }
  }

  #send(message: Message<Sent['note'], Sent['request']>): void {
    this.#port.postMessage(message)
  }

  #take(id: number): Waiter | undefined {
    const waiter = this.#waiting.get(id)
    this.#waiting.delete(id)
    return waiter
  }
}

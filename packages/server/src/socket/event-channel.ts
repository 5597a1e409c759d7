import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel'

/** A `node:diagnostics_channel` on which servers of one kind publish what happens at them. */
export class EventChannel<Details extends object> {
  readonly #name: string

  constructor(name: string) {
    this.#name = name
  }

  publish(server: object, details: Details): void {
    const events = channel(this.#name)
    if (events.hasSubscribers) events.publish({ server, ...details })
  }

  /** Hear of what happens at one server, until the returned function is called. */
  listen<Server extends object>(
    server: Server,
    listener: (event: Details & { readonly server: Server }) => void,
  ): () => void {
    const receive = (message: unknown): void => {
      const event = message as Details & { readonly server: Server }
      if (event.server === server) listener(event)
    }
    subscribe(this.#name, receive)
    return () => unsubscribe(this.#name, receive)
  }
}

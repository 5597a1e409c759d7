import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'

/** The server's side of the connections that are accepted while it is in use. */
export class ServerSockets implements Disposable {
  readonly #sockets: Socket[] = []
  readonly #onSocket = (message: unknown): void => {
    this.#sockets.push((message as { readonly socket: Socket }).socket)
  }

  constructor() {
    subscribe('net.server.socket', this.#onSocket)
  }

  /** The one that a client's socket is connected to. */
  of({ localPort }: Socket): Socket {
    const found = this.#sockets.find(({ remotePort }) => remotePort === localPort)
    if (found === undefined) throw new Error(`no connection from port ${localPort}`)
    return found
  }

  [Symbol.dispose](): void {
    unsubscribe('net.server.socket', this.#onSocket)
  }
}

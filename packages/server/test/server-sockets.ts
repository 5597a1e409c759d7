import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { until } from '@datastreamer/runtime/testing'

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
  of(client: Socket): Socket {
    const found = this.#find(client)
    if (found === undefined) throw new Error(`no connection from port ${client.localPort}`)
    return found
  }

  /** The same, once the server has it. */
  async accepted(client: Socket): Promise<Socket> {
    await until(() => this.#find(client) !== undefined)
    return this.of(client)
  }

  /** Resolves with the server's socket once bytes wait in it for a client that does not read. */
  async untilWaiting(client: Socket): Promise<Socket> {
    const socket = await this.accepted(client)
    await until(() => socket.writableLength > 0)
    return socket
  }

  /** What Node does when the timeout of such a socket passes: it reports that, unless bytes that waited were taken. */
  timeOut(client: Socket): void {
    const socket = this.of(client) as Socket & { _onTimeout(): void }
    if (socket.timeout) socket._onTimeout()
  }

  [Symbol.dispose](): void {
    unsubscribe('net.server.socket', this.#onSocket)
  }

  #find({ localPort }: Socket): Socket | undefined {
    return this.#sockets.find(({ remotePort }) => remotePort === localPort)
  }
}

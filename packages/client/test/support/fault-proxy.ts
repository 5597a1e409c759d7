import { connect, createServer, type Server, type Socket } from 'node:net'

/** What goes wrong on one connection. */
export interface Fault {
  /** Bytes from the client after which the connection is dropped. */
  readonly dropUp?: number | undefined
  /** Bytes from the server after which the connection is dropped. */
  readonly dropDown?: number | undefined
  /** Bytes from the server after which nothing more comes through, in either direction, without an end. */
  readonly silentAfter?: number | undefined
  /** Bytes from the server after which nothing more comes back, while the server still hears. */
  readonly muteAfter?: number | undefined
}

/** Stands between a client and a server, and does to the n-th connection what a test says. */
export class FaultProxy implements AsyncDisposable {
  readonly host = '127.0.0.1'
  readonly port: number
  /** Where connections go; may be changed. */
  target: number
  connections = 0
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(server: Server, port: number, target: number) {
    this.#server = server
    this.port = port
    this.target = target
  }

  static async start(target: number, faultOf: (index: number) => Fault | undefined = () => undefined) {
    const server = createServer({ noDelay: true })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    const proxy = new FaultProxy(server, address.port, target)
    server.on('connection', (client) => proxy.#join(client, faultOf(proxy.connections++) ?? {}))
    return proxy
  }

  /** Drop all connections that are open. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.drop()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #join(client: Socket, { dropUp, dropDown, silentAfter, muteAfter }: Fault): void {
    const server = connect({ port: this.target, host: '127.0.0.1', noDelay: true })
    let silent = false
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        this.#sockets.delete(socket)
        if (!silent) other.destroy()
      })
    }
    const drop = (): void => {
      client.destroy()
      server.destroy()
    }
    pipe(client, server, dropUp, drop, () => silent)
    const atLimit = (): void => {
      if (dropDown !== undefined) drop()
      else silent ||= silentAfter !== undefined
    }
    pipe(server, client, dropDown ?? silentAfter ?? muteAfter, atLimit, () => silent)
  }
}

/** Pass on `limit` bytes, then do what is to be done. */
function pipe(from: Socket, to: Socket, limit: number | undefined, atLimit: () => void, isSilent: () => boolean): void {
  let left = limit ?? Number.POSITIVE_INFINITY
  from.on('data', (chunk: Uint8Array) => {
    if (isSilent()) return
    const part = chunk.subarray(0, left)
    left -= part.length
    if (part.length > 0 && !to.destroyed) to.write(part)
    // What was written before has to be on its way.
    if (left === 0) setImmediate(atLimit)
  })
}

import { createServer, type Server, type Socket } from 'node:net'
import { type Command, decodeCommand, encodeResult } from '@datastreamer/format'

/** One connection as a scripted server sees it. */
export class PeerConnection {
  readonly socket: Socket
  /** Settles when the client is gone. */
  readonly closed: Promise<void>
  #bytes: Uint8Array = new Uint8Array(0)
  #wake: (() => void) | undefined

  constructor(socket: Socket) {
    this.socket = socket
    socket.setNoDelay(true)
    socket.on('error', () => undefined)
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#wake?.()
        resolve()
      })
    })
    socket.once('end', () => this.#wake?.())
    socket.on('data', (chunk: Uint8Array) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk])
      this.#wake?.()
    })
  }

  /** The next command; `undefined` once the client is gone. */
  async command(): Promise<Command | undefined> {
    for (;;) {
      const decoded = decodeCommand(this.#bytes, 1n)
      if (decoded !== undefined) {
        this.#bytes = this.#bytes.subarray(decoded.bytes)
        return decoded.command
      }
      if (this.socket.destroyed || this.socket.readableEnded) return undefined
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** Wait for a command of this name, then send. */
  async expect(name: Command['name'], ...answers: readonly Uint8Array[]): Promise<Command> {
    const command = await this.command()
    if (command?.name !== name) throw new Error(`the client sent ${command?.name}, expected ${name}`)
    this.send(...answers)
    return command
  }

  send(...parts: readonly Uint8Array[]): void {
    if (parts.length > 0 && !this.socket.destroyed) this.socket.write(Buffer.concat(parts))
  }

  result(code: number): void {
    this.send(encodeResult(code))
  }

  /** Send in parts of at most `size` bytes, each in a segment of its own as far as the system lets us. */
  async drip(bytes: Uint8Array, size: number): Promise<void> {
    for (let at = 0; at < bytes.length && !this.socket.destroyed; at += size) {
      this.send(bytes.subarray(at, at + size))
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  end(): void {
    this.socket.end()
  }

  reset(): void {
    this.socket.resetAndDestroy()
  }
}

export const OK: Uint8Array = encodeResult(0)

/** A server in this process that does to the n-th connection what a test says. */
export class Peer implements AsyncDisposable {
  readonly host = '127.0.0.1'
  readonly port: number
  readonly connections: PeerConnection[] = []
  /** What went wrong in scripts. */
  readonly errors: unknown[] = []
  readonly #server: Server

  private constructor(server: Server, port: number) {
    this.#server = server
    this.port = port
  }

  static async listen(script: (connection: PeerConnection, index: number) => Promise<void> | void): Promise<Peer> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    const peer = new Peer(server, address.port)
    server.on('connection', (socket) => {
      const connection = new PeerConnection(socket)
      const index = peer.connections.push(connection) - 1
      Promise.resolve(script(connection, index)).catch((error: unknown) => {
        peer.errors.push(error)
        connection.reset()
      })
    })
    return peer
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { socket } of this.connections) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

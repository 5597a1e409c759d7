import { Duplex } from 'node:stream'
import type { Net, NetListener, NetListenOptions, NetSocket } from '@datastreamer/runtime'

/** One end of a connection in memory. */
class MemorySocket extends Duplex implements NetSocket {
  readonly remoteAddress = '10.0.0.1'
  readonly remotePort: number
  peer: MemorySocket | undefined
  #proceed: (() => void) | undefined

  constructor(remotePort: number) {
    super({ allowHalfOpen: true })
    this.remotePort = remotePort
  }

  /** Nothing is ever late here. */
  setTimeout(): void {}

  override _read(): void {
    const proceed = this.#proceed
    this.#proceed = undefined
    proceed?.()
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.peer?.receive(Uint8Array.from(chunk), done)
  }

  override _final(done: (error?: Error | null) => void): void {
    this.peer?.push(null)
    done()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    done(error)
    setImmediate(() => this.peer?.destroy())
  }

  /** Take a chunk; `done` is called once there is room for the next. */
  receive(chunk: Uint8Array, done: () => void): void {
    if (this.destroyed || this.push(chunk)) setImmediate(done)
    else this.#proceed = done
  }
}

/** A network without sockets, whose connections never fail. */
export class MemoryNet implements Net {
  readonly #listening = new Map<number, NetListenOptions>()
  #ports = 1000

  async listen(options: NetListenOptions): Promise<NetListener> {
    const { host } = options
    const port = options.port || ++this.#ports
    this.#listening.set(port, options)
    return { address: { host, port }, close: async () => void this.#listening.delete(port) }
  }

  dial({ port }: { readonly port: number }, onOpen: () => void): NetSocket {
    const near = new MemorySocket(port)
    const far = new MemorySocket(++this.#ports)
    near.peer = far
    far.peer = near
    setImmediate(() => {
      const listener = this.#listening.get(port)
      if (listener === undefined) {
        near.destroy(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }))
        return
      }
      listener.onConnection(far, undefined)
      onOpen()
    })
    return near
  }

  async heldBytes(): Promise<undefined> {}

  createTlsAcceptor(): never {
    throw new TypeError('no TLS in memory')
  }
}

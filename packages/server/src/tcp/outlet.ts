import type { Socket } from 'node:net'
import type { KernelQueues } from './kernel-queues.ts'
import { type Expected, SocketWatch } from './socket-watch.ts'

/** How long a client may go on sending after we ended our side: closing at once would cost it the last answer. */
const LINGER_MS = 1000

export interface OutletOptions {
  readonly writeTimeoutMs: number
  readonly queues: KernelQueues
  /** What was written is gone, or a part of it. */
  readonly onFlushed: () => void
  readonly onSent: (bytes: number) => void
  readonly onTimeout: (expected: Expected) => void
}

/** The writing side of a connection: it says when the socket has taken what it was given. */
export class Outlet {
  readonly #socket: Socket
  readonly #options: OutletOptions
  readonly #watch: SocketWatch
  readonly #onFlushed: () => void
  #answersWaiting = 0
  #bytesSent = 0
  #ending = false
  #idleTimeoutMs = 0
  #lingerTimer: NodeJS.Timeout | undefined

  constructor(socket: Socket, options: OutletOptions) {
    this.#socket = socket
    this.#options = options
    this.#watch = new SocketWatch(socket, options.queues, options.onTimeout)
    this.#onFlushed = () => {
      this.#watch.progressed()
      this.#expect()
      options.onFlushed()
    }
    socket.once('close', () => clearTimeout(this.#lingerTimer))
  }

  /** Bytes that were handed to the socket. */
  get bytesSent(): number {
    return this.#bytesSent
  }

  /** Bytes that were written and that the socket has not taken yet. */
  get waiting(): number {
    return this.#socket.writableLength
  }

  /** Whether the socket has taken all that was written. */
  get drained(): boolean {
    return this.waiting === 0
  }

  /** Whether an answer was written that the socket has not taken yet. */
  get answerWaits(): boolean {
    return this.#answersWaiting > 0
  }

  /** Write packets, in one segment if they are small. */
  write(packets: readonly Uint8Array[]): void {
    this.#put(packets, this.#onFlushed)
  }

  /** Write a result and what belongs to it. */
  answer(packets: readonly Uint8Array[]): void {
    this.#answersWaiting++
    this.#put(packets, () => {
      this.#answersWaiting--
      this.#onFlushed()
    })
  }

  /** Write the last bytes, end our side, and let the client have what was written before the connection closes. */
  end(last?: Uint8Array): void {
    this.#ending = true
    // Until all is gone, what the client sends must not pass for progress.
    this.#socket.pause()
    if (last !== undefined) {
      this.#count(last)
      this.#socket.write(last)
    }
    this.#socket.once('finish', () => {
      this.#socket.resume()
      this.#lingerTimer = setTimeout(() => this.#socket.destroy(), LINGER_MS)
    })
    this.#socket.end()
    this.#expect()
  }

  /** Time out after so long without traffic (0: never) while there is nothing to write. */
  idleTimeout(timeoutMs: number): void {
    this.#idleTimeoutMs = timeoutMs
    this.#expect()
  }

  #put(packets: readonly Uint8Array[], onTaken: () => void): void {
    this.#socket.cork()
    packets.forEach((packet, i) => {
      this.#count(packet)
      this.#socket.write(packet, i === packets.length - 1 ? onTaken : undefined)
    })
    this.#socket.uncork()
    this.#expect()
  }

  #count({ length }: Uint8Array): void {
    this.#bytesSent += length
    this.#options.onSent(length)
  }

  #expect(): void {
    if (this.#ending || !this.drained) this.#watch.expect('writes', this.#options.writeTimeoutMs)
    else this.#watch.expect('traffic', this.#idleTimeoutMs)
  }
}

import { InternalError } from '@datastreamer/format'
import type { NetSocket, Timer } from '@datastreamer/runtime'
import { type Expected, SocketWatch, type WatchedBy } from './socket-watch.ts'

/** Time between two reads of what such a client sends, and which is thrown away. */
const LINGER_READ_MS = 10
/** How long a client may go on sending after we ended our side: closing at once would cost it the last answer. */
const LINGER_MS = 1000

export interface OutletOptions extends WatchedBy {
  readonly writeTimeoutMs: number
  /** The socket took what was written, or a part of it. */
  readonly onFlushed: () => void
  readonly onTimeout: (expected: Expected) => void
}

/**
 * The writing side of a connection: it says when the socket has taken what it was given.
 *
 * Invariants: packets go out in the order in which they were written, answers that are collected before what is written
 * after them; nothing goes out after the end, and whoever tries ends the connection; `onTaken` is called once for each
 * write.
 */
export class Outlet {
  readonly #socket: NetSocket
  readonly #options: OutletOptions
  readonly #watch: SocketWatch
  readonly #onFlushed: () => void
  /** What is done once the socket has taken, or thrown away, what was written. */
  readonly #onTaken = new Set<() => void>()
  /** Answers that are collected to be written together. */
  #collected: Uint8Array[] | undefined
  #collectedBytes = 0
  #answersWaiting = 0
  #bytesSent = 0
  #isEnding = false
  #idleTimeoutMs = 0
  #lingerTimer: Timer | undefined

  constructor(socket: NetSocket, options: OutletOptions) {
    this.#socket = socket
    this.#options = options
    this.#watch = new SocketWatch(socket, options, options.onTimeout)
    this.#onFlushed = () => {
      this.#watch.progressed()
      this.#expect()
      options.onFlushed()
    }
    socket.once('close', () => {
      this.#lingerTimer?.cancel()
      for (const done of this.#onTaken) done()
      this.#onTaken.clear()
    })
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

  /** Whether there is an answer that the socket has not taken yet. */
  get answerWaits(): boolean {
    return this.#answersWaiting > 0 || (this.#collected?.length ?? 0) > 0
  }

  /**
   * Write packets, in one segment if they are small.
   *
   * @param onTaken called once when their memory is not needed any more, also if the connection ends before
   */
  write(packets: readonly Uint8Array[], onTaken: () => void = () => {}): void {
    this.#writeCollected()
    this.#put(packets, onTaken)
  }

  /** Write a result and what belongs to it. */
  answer(packets: readonly Uint8Array[]): void {
    for (const { length } of packets) this.#collectedBytes += length
    if (this.#collected !== undefined) this.#collected.push(...packets)
    else this.#putAnswer(packets)
  }

  /** Bytes of answers that were collected so far. */
  get collectedBytes(): number {
    return this.#collectedBytes
  }

  /** Write together what is answered during `work`. */
  collect<Result>(work: () => Result): Result {
    this.#collected = []
    this.#collectedBytes = 0
    try {
      return work()
    } finally {
      this.#writeCollected()
      this.#collected = undefined
    }
  }

  #writeCollected(): void {
    const answers = this.#collected
    if (answers === undefined || answers.length === 0) return
    this.#collected = []
    this.#putAnswer(answers.length > 2 ? [Buffer.concat(answers)] : answers)
  }

  #putAnswer(packets: readonly Uint8Array[]): void {
    this.#answersWaiting++
    this.#put(packets, () => this.#answersWaiting--)
  }

  /** Write the last bytes, end our side, and let the client have what was written before the connection closes. */
  end(last?: Uint8Array): void {
    this.#writeCollected()
    this.#isEnding = true
    // Until all is taken, what the client sends must not count as progress.
    this.#socket.pause()
    if (last !== undefined) {
      this.#count(last)
      this.#socket.write(last)
    }
    this.#socket.once('finish', () => this.#linger())
    this.#socket.end()
    this.#expect()
  }

  /** Read what still comes, so that the client gets what was written, but no faster than it does nobody harm. */
  #linger(): void {
    const { clock } = this.#options
    let readTimer: Timer | undefined
    this.#socket.on('data', () => {
      this.#socket.pause()
      readTimer = clock.after(LINGER_READ_MS, () => this.#socket.resume())
    })
    this.#socket.once('close', () => readTimer?.cancel())
    this.#socket.resume()
    this.#lingerTimer = clock.after(LINGER_MS, () => this.#socket.destroy())
  }

  /** Time out after so long without traffic (0: never) while there is nothing to write. */
  idleTimeout(timeoutMs: number): void {
    this.#idleTimeoutMs = timeoutMs
    this.#expect()
  }

  #put(packets: readonly Uint8Array[], onTaken: () => void): void {
    if (this.#isEnding) {
      onTaken()
      this.#socket.destroy(new InternalError('INVARIANT', 'invariant broken: a packet after the end'))
      return
    }
    this.#onTaken.add(onTaken)
    const done = (): void => {
      if (this.#onTaken.delete(onTaken)) onTaken()
      this.#onFlushed()
    }
    this.#socket.cork()
    packets.forEach((packet, i) => {
      this.#count(packet)
      this.#socket.write(packet, i === packets.length - 1 ? done : undefined)
    })
    this.#socket.uncork()
    this.#expect()
  }

  #count({ length }: Uint8Array): void {
    this.#bytesSent += length
  }

  #expect(): void {
    if (this.#isEnding || !this.drained) this.#watch.expect('writes', this.#options.writeTimeoutMs)
    else this.#watch.expect('traffic', this.#idleTimeoutMs)
  }
}

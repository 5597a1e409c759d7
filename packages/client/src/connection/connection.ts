import { type Clock, isOwnAddress, type NetSocket } from '@datastreamer/runtime'
import { ConnectionError } from '../errors.ts'
import { connectionError } from './socket-error.ts'

/** Memory that a chunk costs beside its bytes, so that a peer that sends single bytes is bounded too. */
const CHUNK_OVERHEAD_BYTES = 512
/** How long a peer may take to answer the end of a connection. */
const FINISH_MS = 250

/**
 * A socket read by pulling: chunks wait in a queue, and the socket is paused while the queue is full, so a slow consumer
 * slows the sender down. Holds at most `readAheadBytes`, one chunk more (64 KiB), and what Node's stream buffers (64 KiB).
 *
 * open -> ended: by the peer, an error, {@link fail} or {@link finish}. What was received before the peer ended it can
 * still be taken.
 */
export class Connection {
  readonly #socket: NetSocket
  readonly #peer: string
  readonly #readAheadBytes: number
  readonly #clock: Clock
  readonly #chunks: Uint8Array[] = []
  #cost = 0
  #paused = false
  #receivedBytes = 0
  #ended: { readonly error: unknown } | undefined
  #wake: (() => void) | undefined

  constructor(
    socket: NetSocket,
    options: {
      readonly peer: string
      readonly overTls: boolean
      readonly readAheadBytes: number
      readonly clock: Clock
    },
  ) {
    this.#socket = socket
    this.#peer = options.peer
    this.#readAheadBytes = options.readAheadBytes
    this.#clock = options.clock
    const closed = (): void => this.#end(new ConnectionError('CLOSED', `${this.#peer}: closed by the server`))
    socket.on('data', (chunk: Uint8Array) => this.#receive(chunk))
    socket.on('error', (error) => this.#end(connectionError(error, this.#peer, options.overTls)))
    socket.on('end', closed)
    socket.on('close', closed)
  }

  /** Whether the peer is on this machine; one whose address is unknown counts as that. */
  get isLocal(): boolean {
    const { remoteAddress } = this.#socket
    return remoteAddress === undefined || isOwnAddress(remoteAddress)
  }

  /** Whether bytes wait to be taken. */
  get hasBytes(): boolean {
    return this.#chunks.length > 0
  }

  /** Bytes that came so far, taken or not. */
  get receivedBytes(): number {
    return this.#receivedBytes
  }

  /** Whether no more bytes will come. */
  get ended(): boolean {
    return this.#ended !== undefined
  }

  write(bytes: Uint8Array): void {
    if (this.#ended === undefined) this.#socket.write(bytes)
  }

  /**
   * The next bytes received, or `undefined` if there are none yet.
   *
   * @throws what the connection ended with, once all was taken
   */
  take(): Uint8Array | undefined {
    const chunk = this.#chunks.shift()
    if (chunk === undefined) {
      if (this.#ended !== undefined) throw this.#ended.error
      return undefined
    }
    this.#cost -= chunk.length + CHUNK_OVERHEAD_BYTES
    if (this.#paused && this.#chunks.length === 0) {
      this.#paused = false
      this.#socket.resume()
    }
    return chunk
  }

  /**
   * Wait until {@link take} has something to give or to throw, or somebody called {@link wake}.
   *
   * @param timeoutMs 0 or less: do not wait
   * @param missing what the error says did not come
   * @throws {ConnectionError} `TIMEOUT`
   */
  wait(timeoutMs?: number, missing = `no bytes for ${timeoutMs} ms`): Promise<void> {
    if (this.hasBytes || this.ended) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const late = (): void => {
        this.#wake = undefined
        reject(new ConnectionError('TIMEOUT', `${this.#peer}: ${missing}`))
      }
      if (timeoutMs !== undefined && timeoutMs <= 0) {
        late()
        return
      }
      const timer = timeoutMs === undefined ? undefined : this.#clock.after(timeoutMs, late)
      this.#wake = () => {
        timer?.cancel()
        this.#wake = undefined
        resolve()
      }
    })
  }

  /** Have who waits look again. */
  wake(): void {
    this.#wake?.()
  }

  /** End at once: nothing that was received can be taken any more, and `error` is thrown instead. */
  fail(error: unknown): void {
    this.#chunks.length = 0
    this.#ended = { error }
    this.#socket.destroy()
    this.#wake?.()
  }

  /** {@link fail} with the signal's reason when it aborts; call what is returned when that no longer matters. */
  failOn(signal: AbortSignal): () => void {
    const abort = (): void => this.fail(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    return () => signal.removeEventListener('abort', abort)
  }

  /** End in order: say `last`, throw away what still comes, wait a moment for the peer to close. */
  async finish(last: Uint8Array): Promise<void> {
    const ended = this.ended
    this.#chunks.length = 0
    this.#ended ??= { error: new ConnectionError('CLOSED', `${this.#peer}: closed by this client`) }
    this.#wake?.()
    if (!ended) {
      await new Promise<void>((resolve) => {
        const timer = this.#clock.after(FINISH_MS, resolve)
        this.#socket.once('close', () => {
          timer.cancel()
          resolve()
        })
        this.#socket.end(last)
        this.#socket.resume()
      })
    }
    this.#socket.destroy()
  }

  #receive(chunk: Uint8Array): void {
    if (this.#ended !== undefined) return
    this.#chunks.push(chunk)
    this.#receivedBytes += chunk.length
    this.#cost += chunk.length + CHUNK_OVERHEAD_BYTES
    if (this.#cost >= this.#readAheadBytes) {
      this.#paused = true
      this.#socket.pause()
    }
    this.#wake?.()
  }

  #end(error: unknown): void {
    this.#ended ??= { error }
    this.#wake?.()
  }
}

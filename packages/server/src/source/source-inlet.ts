import { type MessageDecoder, MessageReader, type OtherHello, type SourceRequest } from '@datastreamer/format/source'
import type { NetSocket } from '@datastreamer/runtime'
import type { Silence } from '../socket/idle-timeout.ts'

export interface SourceInletOptions {
  readonly silence: Silence
  readonly decode: MessageDecoder<SourceRequest | OtherHello>
  /** Whether a request may be taken now. When that changes, `proceed` is to be called. */
  readonly isReady: () => boolean
  /** If it gives a promise, which is never rejected, the next request is taken when that is resolved. */
  readonly onRequest: (request: SourceRequest | OtherHello) => Promise<void> | undefined
  /** All requests of a chunk were taken; a promise is waited for as that of a request. */
  readonly onChunk: () => Promise<void> | undefined
  /** The source ended its side, and all that it sent before was taken. */
  readonly onEnd: () => void
  /** What was thrown by `onRequest`, or by what is no request. */
  readonly onError: (error: unknown) => void
}

/** The reading side of a source's connection: requests, each when it may be taken. Until then no more is read. */
export class SourceInlet {
  readonly #socket: NetSocket
  readonly #options: SourceInletOptions
  readonly #reader: MessageReader<SourceRequest | OtherHello>
  #bytesReceived = 0
  #busy = false
  #ended = false
  #closed = false

  constructor(socket: NetSocket, options: SourceInletOptions) {
    this.#socket = socket
    this.#options = options
    this.#reader = new MessageReader(options.decode)
    socket.on('data', (chunk: Uint8Array) => this.#receive(chunk))
    socket.on('end', () => {
      this.#ended = true
      this.proceed()
    })
  }

  get bytesReceived(): number {
    return this.#bytesReceived
  }

  /** Whether what the source sends is being read. */
  get isListening(): boolean {
    return !this.#busy && !this.#socket.isPaused()
  }

  /** Take what may be taken. */
  proceed(): void {
    try {
      while (this.#isReady) {
        const request = this.#reader.read()
        if (request !== undefined) {
          this.#wait(this.#options.onRequest(request))
        } else if (this.#ended) {
          this.close()
          this.#options.onEnd()
        } else {
          this.#listen()
          return
        }
      }
    } catch (error) {
      this.close()
      this.#options.onError(error)
    }
    if (!this.#closed) this.#socket.pause()
  }

  /** Take no more; what the source still sends is thrown away. */
  close(): void {
    this.#closed = true
  }

  /** Read on. What came while nobody listened is heard only now, so silence begins anew. */
  #listen(): void {
    if (this.#socket.isPaused()) this.#options.silence.heard()
    this.#socket.resume()
  }

  get #isReady(): boolean {
    return !this.#busy && !this.#closed && this.#options.isReady()
  }

  #receive(chunk: Uint8Array): void {
    if (this.#closed) return
    this.#bytesReceived += chunk.length
    this.#options.silence.heard()
    this.#reader.push(chunk)
    this.proceed()
    if (this.#isReady) this.#wait(this.#options.onChunk())
  }

  #wait(done: Promise<void> | undefined): void {
    if (done === undefined) return
    this.#busy = true
    void done.then(() => {
      this.#busy = false
      this.#options.silence.heard()
      this.proceed()
    })
  }
}

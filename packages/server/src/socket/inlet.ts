import { invariant, StreamError } from '@datastreamer/format'
import type { Clock, NetSocket, Timer } from '@datastreamer/runtime'

/** What a peer's bytes go on with. */
export type Input<Message> =
  | { readonly t: 'message'; readonly message: Message }
  /** Bytes that are no message, so nothing after them is one. */
  | { readonly t: 'fault'; readonly error: StreamError }
  /** The peer ended its side, and all that it sent before was taken. */
  | { readonly t: 'end' }

const END = { t: 'end' } as const

/** Turns bytes into messages: chunks that end anywhere in, messages out. */
export interface InputReader<Message> {
  /** Bytes that were pushed and are part of no message that was read. */
  readonly buffered: number
  push(chunk: Uint8Array): void
  /** The next message, or `undefined` if more bytes are needed. @throws {StreamError} if the bytes are none, every time */
  read(): Message | undefined
}

export interface InletOptions<Message> {
  readonly clock: Clock
  readonly reader: InputReader<Message>
  /** Something came: it may be taken now or later. Nothing more is read until `listen`. */
  readonly onInput: () => void
  /** Time that a message has from its first byte to its last, while it is waited for (default 0: no limit). */
  readonly messageTimeoutMs?: number | undefined
  readonly onTimeout?: (() => void) | undefined
}

/**
 * The reading side of a connection: messages, each taken when its connection is ready for it. Until then no more is read:
 * what the peer sends stays with the system, and then with the peer.
 *
 * Invariants: while it listens, no whole message waits; what was peeked stays the next until it is taken; after `close`
 * nothing comes.
 */
export class Inlet<Message> {
  readonly #socket: NetSocket
  readonly #options: InletOptions<Message>
  #next: Input<Message> | undefined
  #state: 'listening' | 'paused' | 'closed' = 'listening'
  #ended = false
  #bytesReceived = 0
  #timer: Timer | undefined

  constructor(socket: NetSocket, options: InletOptions<Message>) {
    this.#socket = socket
    this.#options = options
    socket.on('data', (chunk: Uint8Array) => this.#receive(chunk))
    socket.on('end', () => {
      this.#ended = true
      this.#onInput()
    })
  }

  get bytesReceived(): number {
    return this.#bytesReceived
  }

  /** Whether it waits for what the peer sends, with nothing to be taken before that. */
  get isListening(): boolean {
    return this.#state === 'listening'
  }

  /** Whether more came after the next message: its peer did not wait for the answer. */
  get hasBacklog(): boolean {
    return this.peek()?.t === 'message' && this.#options.reader.buffered > 0
  }

  get isClosed(): boolean {
    return this.#state === 'closed'
  }

  /** What is to be taken next, or `undefined` if that has not come yet. */
  peek(): Input<Message> | undefined {
    this.#next ??= this.#read()
    return this.#next
  }

  /** Take what {@link peek} gave. */
  take(): void {
    this.#next = undefined
    this.#clearTimer()
  }

  /** Read on: nothing is left to be taken. */
  listen(): void {
    if (this.#state === 'closed') return
    invariant(this.#next === undefined, 'an inlet listens while a message waits')
    const { clock, reader, messageTimeoutMs = 0, onTimeout = () => {} } = this.#options
    if (reader.buffered > 0 && messageTimeoutMs > 0) this.#timer ??= clock.after(messageTimeoutMs, onTimeout)
    if (this.#state === 'listening') return
    this.#state = 'listening'
    this.#socket.resume()
  }

  /** Read no more for now: no more may be taken, so nothing is late either. */
  pause(): void {
    if (this.#state === 'closed') return
    this.#clearTimer()
    this.#state = 'paused'
    this.#socket.pause()
  }

  /** Take no more; what the peer still sends is thrown away. */
  close(): void {
    this.#state = 'closed'
    this.#clearTimer()
  }

  #receive(chunk: Uint8Array): void {
    if (this.#state === 'closed') return
    this.#bytesReceived += chunk.length
    this.#options.reader.push(chunk)
    // A message that is whole came in time, however long it waits to be taken.
    if (this.#timer !== undefined && this.peek() !== undefined) this.#clearTimer()
    this.#onInput()
  }

  #onInput(): void {
    if (this.#state === 'closed') return
    this.#state = 'paused'
    this.#socket.pause()
    this.#options.onInput()
  }

  #read(): Input<Message> | undefined {
    try {
      const message = this.#options.reader.read()
      if (message !== undefined) return { t: 'message', message }
      return this.#ended ? END : undefined
    } catch (error) {
      if (error instanceof StreamError) return { t: 'fault', error }
      throw error
    }
  }

  #clearTimer(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }
}

import type { Command, FormatError } from '@datastreamer/format'
import type { Clock, NetSocket, Timer } from '@datastreamer/runtime'
import { CommandInput } from './command-input.ts'

export interface InletOptions {
  readonly clock: Clock
  readonly streamType: bigint
  /** Time that a command has from its first byte to its last; 0 is no limit. */
  readonly commandTimeoutMs: number
  /** Whether a command may be taken now. */
  readonly isReady: () => boolean
  /** Whether only Stop may be taken now, and all else has to wait. */
  readonly isStopOnly: () => boolean
  /** Something came: `take` is to be called when it is this connection's turn. */
  readonly onInput: () => void
  readonly onCommand: (command: Command) => void
  /** The bytes are no command, and so nothing behind them is. */
  readonly onFault: (fault: FormatError) => void
  /** The client ended its side, and all that it asked for before is done. */
  readonly onEnd: () => void
  readonly onTimeout: () => void
}

/**
 * The reading side of a connection: commands, each when it may be taken. As long as there is one that was not, or that is
 * being answered, no more is read: what the client sends stays with the system, and then with the client.
 */
export class Inlet {
  readonly #socket: NetSocket
  readonly #options: InletOptions
  readonly #input: CommandInput
  #ended = false
  #isIdle = false
  #closed = false
  #timer: Timer | undefined

  constructor(socket: NetSocket, options: InletOptions) {
    this.#socket = socket
    this.#options = options
    this.#input = new CommandInput(options.streamType)
    socket.on('data', (chunk: Uint8Array) => {
      if (this.#closed) return
      this.#isIdle = false
      this.#input.push(chunk)
      // One that is whole has come in time, however long it waits for its turn.
      if (this.#input.peek() !== undefined) this.#clearTimer()
      socket.pause()
      options.onInput()
    })
    socket.on('end', () => {
      this.#ended = true
      this.#isIdle = false
      if (!this.#closed) options.onInput()
    })
  }

  /** Whether it reads, and has nothing to take until something comes. */
  get isIdle(): boolean {
    return this.#isIdle
  }

  /** Whether more came behind the next command: its client did not wait for the answer. */
  get hasBacklog(): boolean {
    const next = this.#input.peek()
    return next !== undefined && 'command' in next && this.#input.buffered > next.bytes
  }

  /** Take so many commands at most, as long as they may be taken; returns whether one more may be. */
  take(most: number): boolean {
    this.#isIdle = false
    for (let left = most; !this.#closed && this.#options.isReady(); left--) {
      const next = this.#input.peek()
      if (next === undefined && !this.#ended) {
        this.#awaitRest()
        return false
      }
      const command = next !== undefined && 'command' in next ? next.command : undefined
      if (this.#options.isStopOnly() && command?.name !== 'stop') break
      if (left <= 0) return true
      this.#clearTimer()
      if (next === undefined) {
        this.#options.onEnd()
        return false
      }
      if ('fault' in next) {
        this.#options.onFault(next.fault)
        return false
      }
      this.#input.take(next)
      this.#options.onCommand(next.command)
    }
    if (this.#closed) return false
    this.#clearTimer()
    this.#socket.pause()
    return false
  }

  /** Take no more; what the client still sends is thrown away. */
  close(): void {
    this.#closed = true
    this.#clearTimer()
  }

  #awaitRest(): void {
    const { clock, commandTimeoutMs, onTimeout } = this.#options
    if (this.#input.buffered > 0 && commandTimeoutMs > 0) this.#timer ??= clock.after(commandTimeoutMs, onTimeout)
    this.#input.compact()
    this.#isIdle = true
    this.#socket.resume()
  }

  #clearTimer(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }
}

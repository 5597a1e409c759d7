import type { Socket } from 'node:net'
import type { Command, FormatError } from '@datastreamer/format'
import { CommandInput } from './command-input.ts'

export interface InletOptions {
  readonly streamType: bigint
  /** Time that a command has from its first byte to its last; 0 is no limit. */
  readonly commandTimeoutMs: number
  /** Whether a command may be taken now. When that changes, `proceed` is to be called. */
  readonly isReady: () => boolean
  /** Whether only Stop may be taken now, and all else has to wait. */
  readonly isStopOnly: () => boolean
  readonly onCommand: (command: Command) => void
  /** The bytes are no command, and so nothing behind them is. */
  readonly onFault: (fault: FormatError) => void
  /** The client ended its side, and all that it asked for before is done. */
  readonly onEnd: () => void
  readonly onTimeout: () => void
}

/** The reading side of a connection: commands, each when it may be taken. Until then no more is read. */
export class Inlet {
  readonly #socket: Socket
  readonly #options: InletOptions
  readonly #input: CommandInput
  #blocked = false
  #ended = false
  #closed = false
  #timer: NodeJS.Timeout | undefined

  constructor(socket: Socket, options: InletOptions) {
    this.#socket = socket
    this.#options = options
    this.#input = new CommandInput(options.streamType)
    socket.on('data', (chunk: Uint8Array) => {
      if (this.#closed) return
      this.#input.push(chunk)
      this.#takeAll()
    })
    socket.on('end', () => {
      this.#ended = true
      this.#takeAll()
    })
  }

  /** Take the commands that had to wait. */
  proceed(): void {
    if (this.#blocked) this.#takeAll()
  }

  /** Take no more; what the client still sends is thrown away. */
  close(): void {
    this.#closed = true
    this.#clearTimer()
  }

  #takeAll(): void {
    while (!this.#closed && this.#options.isReady()) {
      const next = this.#input.peek()
      if (next === undefined && !this.#ended) {
        this.#awaitRest()
        return
      }
      const command = next !== undefined && 'command' in next ? next.command : undefined
      if (this.#options.isStopOnly() && command?.name !== 'stop') break
      this.#clearTimer()
      if (next === undefined) {
        this.#options.onEnd()
        return
      }
      if ('fault' in next) {
        this.#options.onFault(next.fault)
        return
      }
      this.#input.take(next)
      this.#options.onCommand(next.command)
    }
    if (this.#closed) return
    this.#blocked = true
    this.#clearTimer()
    this.#socket.pause()
  }

  #awaitRest(): void {
    this.#blocked = false
    const { commandTimeoutMs, onTimeout } = this.#options
    if (this.#input.buffered > 0 && commandTimeoutMs > 0) this.#timer ??= setTimeout(onTimeout, commandTimeoutMs)
    this.#input.compact()
    this.#socket.resume()
  }

  #clearTimer(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}

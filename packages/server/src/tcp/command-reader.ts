import { type Command, CommandNumber, decodeCommand, FormatError } from '@datastreamer/format'
import type { InputReader } from '../socket/inlet.ts'
import type { UnknownCommands } from './server-options.ts'

/** The commands of one connection: chunks of bytes in, commands out, in order. docs/spec/protocol.md §3. */
export class CommandReader implements InputReader<Command> {
  readonly #streamType: bigint
  readonly #unknown: UnknownCommands
  #bytes: Uint8Array = new Uint8Array(0)
  #borrowed = false

  /** @param unknown commands that this server is not to know, now */
  constructor(streamType: bigint, unknown: UnknownCommands = new Set()) {
    this.#streamType = streamType
    this.#unknown = unknown
  }

  /** Bytes that belong to no command that was read. */
  get buffered(): number {
    return this.#bytes.length
  }

  /** Hand over the next bytes, which are borrowed until {@link read} finds no command. */
  push(chunk: Uint8Array): void {
    if (this.#bytes.length === 0) {
      this.#bytes = chunk
      this.#borrowed = true
      return
    }
    const joined = new Uint8Array(this.#bytes.length + chunk.length)
    joined.set(this.#bytes)
    joined.set(chunk, this.#bytes.length)
    this.#bytes = joined
    this.#borrowed = false
  }

  /** The next command, or `undefined` if more bytes are needed. @throws {FormatError} if they are no command */
  read(): Command | undefined {
    const decoded = decodeCommand(this.#bytes, this.#streamType)
    if (decoded === undefined) {
      this.#compact()
      return undefined
    }
    const { name } = decoded.command
    if (this.#unknown.has(name)) throw new FormatError('UNKNOWN_COMMAND', `command ${CommandNumber[name]}`, 0)
    this.#bytes = this.#bytes.subarray(decoded.bytes)
    return decoded.command
  }

  /** Copy what is left, which is less than a command, so that it does not hold the memory of a whole chunk. */
  #compact(): void {
    if (this.#borrowed) this.#bytes = this.#bytes.slice()
    this.#borrowed = false
  }
}

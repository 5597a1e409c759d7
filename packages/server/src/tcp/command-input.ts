import { type DecodedCommand, decodeCommand, FormatError } from '@datastreamer/format'

/** What a client's bytes go on with: a command, or what breaks the protocol. */
export type NextCommand = DecodedCommand | { readonly fault: FormatError }

/** The commands of one connection: bytes in, cut anywhere; commands out, in order. docs/spec/protocol.md §3. */
export class CommandInput {
  readonly #streamType: bigint
  #bytes: Uint8Array = new Uint8Array(0)
  #next: NextCommand | undefined
  #borrowed = false

  constructor(streamType: bigint) {
    this.#streamType = streamType
  }

  /** Bytes that belong to no command that was taken. */
  get buffered(): number {
    return this.#bytes.length
  }

  /** Hand over the next bytes, which are borrowed until {@link compact}. */
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

  /** The next command, or `undefined` if more bytes are needed. It stays the next one until it is taken. */
  peek(): NextCommand | undefined {
    this.#next ??= this.#decode()
    return this.#next
  }

  /** Go on behind a command that {@link peek} gave. */
  take(command: DecodedCommand): void {
    this.#bytes = this.#bytes.subarray(command.bytes)
    this.#next = undefined
  }

  /** Copy what is left, which is less than a command, so that it does not hold the memory of a whole chunk. */
  compact(): void {
    if (this.#borrowed) this.#bytes = this.#bytes.slice()
    this.#borrowed = false
  }

  #decode(): NextCommand | undefined {
    try {
      return decodeCommand(this.#bytes, this.#streamType)
    } catch (error) {
      if (error instanceof FormatError) return { fault: error }
      throw error
    }
  }
}

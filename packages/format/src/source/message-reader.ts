import { ChunkJoiner } from '../chunk-joiner.ts'

/** Decodes the message at byte `at`, `undefined` if more bytes are needed; checks its length before it waits. */
export type MessageDecoder<Message> = (view: DataView, at: number) => Message | undefined

/** Bytes of a message that was decoded at byte `at`. */
export type MessageLength<Message> = (message: Message, view: DataView, at: number) => number

/**
 * Turns the bytes of one side of the source protocol into messages: chunks of any size in, messages out.
 *
 * Messages borrow the memory of the chunks, which must not be written to while they are in use. An error stays: reading
 * on gives it again. Holds at most the chunks that were pushed and one message.
 *
 * @see docs/spec/source-protocol.md §2
 */
export class MessageReader<Message> {
  readonly #decode: MessageDecoder<Message>
  readonly #bytesOf: MessageLength<Message>
  readonly #input = new ChunkJoiner()

  /** @param bytesOf where the decoder gives several messages as one */
  constructor(decode: MessageDecoder<Message>, bytesOf: MessageLength<Message> = lengthField) {
    this.#decode = decode
    this.#bytesOf = bytesOf
  }

  /** Bytes that were pushed but not read. */
  get buffered(): number {
    return this.#input.buffered
  }

  /** Hand over the next bytes. */
  push(chunk: Uint8Array): void {
    this.#input.push(chunk)
  }

  /**
   * The next message, or `undefined` when more bytes are needed.
   *
   * @throws {FormatError} if the bytes are no message; its offset counts from the first byte that was ever pushed
   */
  read(): Message | undefined {
    const input = this.#input
    while (input.hasByte()) {
      let message: Message | undefined
      try {
        message = this.#decode(input.view, input.at)
      } catch (error) {
        throw input.rebased(error)
      }
      if (message !== undefined) {
        input.at += this.#bytesOf(message, input.view, input.at)
        return message
      }
      if (!input.joinFrame()) break
    }
    return undefined
  }
}

function lengthField(_: unknown, view: DataView, at: number): number {
  return view.getUint32(at + 1)
}

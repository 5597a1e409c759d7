import {
  type Command,
  type Entry,
  encodeCommand,
  FormatError,
  type OperationEnd,
  type Packet,
  PacketReader,
  ResultCode,
} from '@datastreamer/format'
import { ProtocolError, ServerRefusedError } from '../errors.ts'
import type { Settings } from '../options.ts'
import type { Connection } from './connection.ts'
import { dial } from './dial.ts'

/** Commands and packets over one connection. docs/spec/protocol.md §3 to §5. */
export class Channel {
  readonly connection: Connection
  readonly #settings: Settings
  readonly #reader: PacketReader

  constructor(connection: Connection, settings: Settings) {
    this.connection = connection
    this.#settings = settings
    this.#reader = new PacketReader({ maxEntryBytes: settings.maxEntryBytes })
  }

  static async dial(settings: Settings, signal: AbortSignal): Promise<Channel> {
    return new Channel(await dial(settings, signal), settings)
  }

  /** Whether a packet has begun that is not all there. */
  get insidePacket(): boolean {
    return this.#reader.buffered > 0
  }

  /** A command's bytes, with the stream type of this connection. */
  encode(command: Command): Uint8Array {
    return encodeCommand(command, this.#settings.streamType)
  }

  /**
   * Send a command and wait for its result, which must be OK.
   *
   * @throws {ServerRefusedError} if it is not
   * @throws {ProtocolError} if something else comes, or came before the command
   * @throws {ConnectionError} `TIMEOUT` after `responseTimeoutMs`, or as the connection ended
   */
  async request(command: Command): Promise<void> {
    if (this.insidePacket || this.connection.hasBytes) {
      throw new ProtocolError('UNEXPECTED_PACKET', `bytes that nothing asked for came before ${command.name}`)
    }
    this.connection.write(this.encode(command))
    const packet = await this.answer()
    if (packet.packet !== 'result') throw unexpected(packet, `the result of ${command.name}`)
    if (packet.result.code !== ResultCode.ok) throw new ServerRefusedError(command.name, packet.result)
  }

  /** The next packet of an answer, all of which must be there within `responseTimeoutMs`. */
  answer(): Promise<Packet> {
    return this.#within(() => this.#reader.read())
  }

  /** The bare number that follows the OK of RangeBookmark. */
  rangeEnd(): Promise<bigint> {
    return this.#within(() => this.#reader.readRangeEnd())
  }

  /**
   * What a started stream brings next: a run of entries, which borrow the socket's chunks, or a mark.
   *
   * @param silenceMs says how long to wait for the next bytes; `undefined` is for ever
   */
  async streamed(silenceMs: () => number | undefined): Promise<readonly Entry[] | OperationEnd> {
    for (;;) {
      const entries = this.#decoding(() => this.#reader.readEntries())
      if (entries.length > 0) return entries
      const packet = this.#decoding(() => this.#reader.read())
      if (packet?.packet === 'operationEnd') return packet.operationEnd
      if (packet !== undefined) throw unexpected(packet, 'a streamed entry')
      await this.#fill(silenceMs())
    }
  }

  async #within<T>(read: () => T | undefined): Promise<T> {
    const { responseTimeoutMs } = this.#settings
    const deadline = performance.now() + responseTimeoutMs
    for (;;) {
      const value = this.#decoding(read)
      if (value !== undefined) return value
      await this.#fill(deadline - performance.now(), `no whole answer within ${responseTimeoutMs} ms`)
    }
  }

  async #fill(timeoutMs: number | undefined, missing?: string): Promise<void> {
    let chunk = this.connection.take()
    while (chunk === undefined) {
      await this.connection.wait(timeoutMs, missing)
      chunk = this.connection.take()
    }
    this.#reader.push(chunk)
  }

  #decoding<T>(decode: () => T): T {
    try {
      return decode()
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      throw new ProtocolError('BAD_PACKET', `the server sent what is no packet: ${error.message}`, { cause: error })
    }
  }
}

/** The error for a packet that stands where another should. */
export function unexpected(packet: Packet, expected: string): ProtocolError {
  const detail = packet.packet === 'result' ? ` ${packet.result.code} "${packet.result.text}"` : ''
  return new ProtocolError(
    'UNEXPECTED_PACKET',
    `the server sent a packet "${packet.packet}"${detail} instead of ${expected}`,
  )
}

import {
  type Command,
  type Compressed,
  type Entry,
  encodeCommand,
  FormatError,
  type OperationBoundary,
  type Packet,
  PacketReader,
  type Progress,
  ResultCode,
  type RunningDigest,
} from '@datastreamer/format'
import { ProtocolError, ServerRefusedError } from '../errors.ts'
import type { Settings } from '../options.ts'
import type { Connection } from './connection.ts'
import { decompress } from './decompress.ts'
import { dial } from './dial.ts'

/** What a started stream brings: a run of entries, or something that stands between two. */
export type StreamItem = readonly Entry[] | OperationBoundary | Progress | RunningDigest

/** How long a stream may bring nothing. */
export interface IdleLimit {
  /** In ms; `undefined` is for ever. */
  readonly limitMs: number | undefined
  /** Time, by the clock, from which it counts at the earliest. */
  readonly since: number
}

/** Bytes in a millisecond: what comes at this pace may take longer than the time limit. */
const PACE = 1

/** Commands and packets over one connection. docs/spec/protocol.md §3 to §5. */
export class Channel {
  readonly connection: Connection
  readonly #settings: Settings
  readonly #reader: PacketReader
  /** What was in the last compressed packet. */
  #unpacked: PacketReader | undefined
  #maybeCompressed = false
  /** How long the packet that is being received was waited for. */
  #waitedMs = 0

  constructor(connection: Connection, settings: Settings) {
    this.connection = connection
    this.#settings = settings
    this.#reader = new PacketReader({ maxEntryBytes: settings.maxEntryBytes })
  }

  static async dial(settings: Settings, signal: AbortSignal): Promise<Channel> {
    return new Channel(await dial(settings, signal), settings)
  }

  /** Streamed entries may come in compressed packets from now on. */
  expectCompressed(): void {
    this.#maybeCompressed = true
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
   * @throws {ConnectionError} `TIMEOUT` as {@link answer}, or as the connection ended
   */
  async request(command: Command): Promise<void> {
    if (this.insidePacket || this.connection.hasBytes) {
      throw new ProtocolError('UNEXPECTED_PACKET', `bytes that nothing asked for came before ${command.name}`)
    }
    this.connection.write(this.encode(command))
    const packet = await this.answer()
    if (packet.packet !== 'result') throw unexpected(packet, `the result of ${command.name}`)
    if (packet.result.code !== ResultCode.OK) throw new ServerRefusedError(command.name, packet.result)
  }

  /** The next packet of an answer, which may neither pause for `responseTimeoutMs` nor take that long beside its pace. */
  answer(): Promise<Packet> {
    return this.#within(() => this.#reader.read())
  }

  /** The bare number that follows the OK of RangeBookmark. */
  rangeEnd(): Promise<bigint> {
    return this.#within(() => this.#reader.readRangeEnd())
  }

  /**
   * What a started stream brings next: a run of entries, which borrow the socket's chunks or what was decompressed, an
   * operation boundary, a progress or a running digest. What has begun has to go on as an answer has.
   *
   * @param idleLimit says how long to wait for one to begin; asked again whenever the connection is woken
   */
  async streamed(idleLimit: () => IdleLimit): Promise<StreamItem> {
    this.#waitedMs = 0
    for (;;) {
      const reader = this.#unpacked ?? this.#reader
      const entries = this.#decoding(() => reader.readEntries())
      if (entries.length > 0) return entries
      const packet = this.#decoding(() => reader.read())
      if (packet?.packet === 'operationBoundary') return packet.operationBoundary
      const isUnpacked = reader === this.#unpacked
      if (packet?.packet === 'progress' && !isUnpacked) return packet.progress
      if (packet?.packet === 'runningDigest' && !isUnpacked) return packet.runningDigest
      if (packet?.packet === 'compressed' && this.#maybeCompressed && !isUnpacked) {
        await this.#unpack(packet.compressed)
      } else if (packet !== undefined) {
        throw unexpected(packet, isUnpacked ? 'a compressed entry' : 'a streamed entry')
      } else if (isUnpacked) {
        this.#endUnpacked(reader)
      } else {
        await this.#fill(idleLimit)
      }
    }
  }

  async #unpack(compressed: Compressed): Promise<void> {
    const bytes = await decompress(compressed)
    this.#unpacked = new PacketReader({ maxEntryBytes: this.#settings.maxEntryBytes })
    this.#unpacked.push(bytes)
  }

  #endUnpacked({ buffered }: PacketReader): void {
    if (buffered > 0) {
      throw new ProtocolError('BAD_PACKET', `the server sent compressed packets that end ${buffered} bytes into one`)
    }
    this.#unpacked = undefined
  }

  async #within<T>(read: () => T | undefined): Promise<T> {
    this.#waitedMs = 0
    for (;;) {
      const value = this.#decoding(read)
      if (value !== undefined) return value
      await this.#fill()
    }
  }

  /** Take in the next bytes. @param idleLimit for bytes that nothing makes due; without it they are due */
  async #fill(idleLimit?: () => IdleLimit): Promise<void> {
    const { clock, responseTimeoutMs } = this.#settings
    const began = clock.now()
    for (;;) {
      const chunk = this.connection.take()
      if (chunk !== undefined) {
        this.#reader.push(chunk)
        return
      }
      const now = clock.now()
      if (idleLimit !== undefined && !this.insidePacket) {
        const { limitMs, since } = idleLimit()
        const leftMs = limitMs === undefined ? undefined : Math.max(began, since) + limitMs - now
        await this.connection.wait(leftMs, `no bytes for ${limitMs} ms`)
      } else {
        const silentMs = began + responseTimeoutMs - now
        const slowMs = responseTimeoutMs + this.#reader.buffered / PACE - this.#waitedMs
        const missing = `no whole ${idleLimit === undefined ? 'answer' : 'entry'} within ${responseTimeoutMs} ms`
        await this.connection.wait(Math.min(silentMs, slowMs), missing)
        this.#waitedMs += clock.now() - now
      }
    }
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

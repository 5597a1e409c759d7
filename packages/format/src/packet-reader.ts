import { ChunkJoiner } from './chunk-joiner.ts'
import { ENTRY_HEAD_BYTES, MAX_ENTRY_BYTES, PacketType } from './constants.ts'
import { decodeEntry, type Entry } from './entry.ts'
import { decodePacket, type Packet } from './packet.ts'

export interface PacketReaderOptions {
  /** Largest entry accepted, in bytes with its head (default 1,048,576, the most that a page holds). */
  readonly maxEntryBytes?: number | undefined
}

/**
 * Turns what a server sends into packets: bytes in, in chunks of any size; packets out.
 *
 * Entries borrow the memory that they were decoded from: the chunk itself, or a copy where a packet began in the
 * chunk before. So a chunk must not be written to again while its entries are in use. Push a chunk, then read
 * until there is no more; then at most one incomplete packet is held. An error stays: reading on gives it again.
 *
 * @see docs/spec/protocol.md §4
 */
export class PacketReader {
  readonly #maxEntryBytes: number
  readonly #input = new ChunkJoiner()

  /** @throws {RangeError} if `maxEntryBytes` is no length that an entry can have */
  constructor({ maxEntryBytes = MAX_ENTRY_BYTES }: PacketReaderOptions = {}) {
    if (!Number.isInteger(maxEntryBytes) || maxEntryBytes < ENTRY_HEAD_BYTES || maxEntryBytes > 0xffff_ffff) {
      throw new RangeError(`maxEntryBytes ${maxEntryBytes}, expected a length from ${ENTRY_HEAD_BYTES} to 2^32 - 1`)
    }
    this.#maxEntryBytes = maxEntryBytes
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
   * The next packet, or `undefined` when more bytes are needed.
   *
   * @throws {FormatError} if the bytes are no packet; its offset counts from the first byte that was ever pushed
   */
  read(): Packet | undefined {
    const input = this.#input
    while (input.hasByte()) {
      let packet: Packet | undefined
      try {
        packet = decodePacket(input.view, input.at, this.#maxEntryBytes)
      } catch (error) {
        throw input.rebased(error)
      }
      if (packet !== undefined) {
        input.at += input.view.getUint32(input.at + 1)
        return packet
      }
      if (!input.joinFrame()) break
    }
    return undefined
  }

  /**
   * The run of streamed entries that comes next, at most `limit`: empty if more bytes are needed or if another packet
   * stands there, which {@link read} then gives.
   *
   * @throws {FormatError} as `read`; entries before the broken one are returned by the call before the one that throws
   */
  readEntries(limit: number = Number.MAX_SAFE_INTEGER): Entry[] {
    const input = this.#input
    const entries: Entry[] = []
    while (entries.length < limit && input.hasByte() && input.view.getUint8(input.at) === PacketType.entry) {
      let entry: Entry | undefined
      try {
        entry = decodeEntry(input.view, input.at, PacketType.entry, this.#maxEntryBytes)
      } catch (error) {
        if (entries.length > 0) break
        throw input.rebased(error)
      }
      if (entry !== undefined) {
        entries.push(entry)
        input.at += ENTRY_HEAD_BYTES + entry.data.length
      } else if (!input.joinFrame()) {
        break
      }
    }
    return entries
  }

  /**
   * The bare u64 that follows the result of RangeBookmark, or `undefined` when more bytes are needed.
   *
   * @see docs/spec/protocol.md §3
   */
  readRangeEnd(): bigint | undefined {
    const input = this.#input
    if (input.buffered < 8 || !input.hasByte()) return undefined
    if (input.view.byteLength - input.at < 8) input.join(8)
    const end = input.view.getBigUint64(input.at)
    input.at += 8
    return end
  }
}

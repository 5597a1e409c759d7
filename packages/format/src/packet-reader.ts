import { viewOf } from './bytes.ts'
import { ENTRY_HEAD_BYTES, MAX_ENTRY_BYTES, PacketType } from './constants.ts'
import { decodeEntry, type Entry } from './entry.ts'
import { FormatError } from './errors.ts'
import { FRAME_BYTES } from './framing.ts'
import { decodePacket, type Packet } from './packet.ts'

export interface PacketReaderOptions {
  /** Largest entry accepted, in bytes with its head (default 1,048,576, the most that a page holds). */
  readonly maxEntryBytes?: number | undefined
}

/**
 * Turns what a server sends into packets: bytes in, in chunks cut anywhere; packets out.
 *
 * Entries borrow the memory that they were decoded from: the chunk itself, or a copy where a packet was cut by the end
 * of the chunk before. So a chunk must not be written to again while its entries are in use. Push a chunk, then read
 * until there is no more; then at most one incomplete packet is held. An error stays: reading on gives it again.
 *
 * @see docs/spec/protocol.md §4
 */
export class PacketReader {
  readonly #maxEntryBytes: number
  /** What is being read lies from `#at` to the end of this view: a chunk, or a joined packet that a chunk's end cut. */
  #view: DataView = new DataView(new ArrayBuffer(0))
  #at = 0
  /** The memory behind the view if it is our own, so that bytes may be put behind the view's end. */
  #joined: Uint8Array | undefined
  /** Position of the view's first byte, counted from the first byte that was ever pushed. */
  #base = 0
  /** Chunks behind the view, in order, from `#nextChunk` on. */
  #chunks: Uint8Array[] = []
  #nextChunk = 0
  #chunkBytes = 0

  /** @throws {RangeError} if `maxEntryBytes` is no length that an entry can have */
  constructor({ maxEntryBytes = MAX_ENTRY_BYTES }: PacketReaderOptions = {}) {
    if (!Number.isInteger(maxEntryBytes) || maxEntryBytes < ENTRY_HEAD_BYTES || maxEntryBytes > 0xffff_ffff) {
      throw new RangeError(`maxEntryBytes ${maxEntryBytes}, expected a length from ${ENTRY_HEAD_BYTES} to 2^32 - 1`)
    }
    this.#maxEntryBytes = maxEntryBytes
  }

  /** Bytes that were pushed but not read. */
  get buffered(): number {
    return this.#view.byteLength - this.#at + this.#chunkBytes
  }

  /** Hand over the next bytes. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    this.#chunks.push(chunk)
    this.#chunkBytes += chunk.length
  }

  /**
   * The next packet, or `undefined` when more bytes are needed.
   *
   * @throws {FormatError} if the bytes are no packet; its offset counts from the first byte that was ever pushed
   */
  read(): Packet | undefined {
    while (this.#hasByte()) {
      let packet: Packet | undefined
      try {
        packet = decodePacket(this.#view, this.#at, this.#maxEntryBytes)
      } catch (error) {
        throw this.#rebased(error)
      }
      if (packet !== undefined) {
        this.#at += this.#view.getUint32(this.#at + 1)
        return packet
      }
      if (!this.#join(this.#wanted())) break
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
    const entries: Entry[] = []
    while (entries.length < limit && this.#hasByte() && this.#view.getUint8(this.#at) === PacketType.entry) {
      let entry: Entry | undefined
      try {
        entry = decodeEntry(this.#view, this.#at, PacketType.entry, this.#maxEntryBytes)
      } catch (error) {
        if (entries.length > 0) break
        throw this.#rebased(error)
      }
      if (entry !== undefined) {
        entries.push(entry)
        this.#at += ENTRY_HEAD_BYTES + entry.data.length
      } else if (!this.#join(this.#wanted())) {
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
    if (this.buffered < 8 || !this.#hasByte()) return undefined
    if (this.#view.byteLength - this.#at < 8) this.#join(8)
    const end = this.#view.getBigUint64(this.#at)
    this.#at += 8
    return end
  }

  /** Whether a byte is left to read, at `#at`: goes on to the next chunk where one ends. */
  #hasByte(): boolean {
    if (this.#at < this.#view.byteLength) return true
    const chunk = this.#chunks[this.#nextChunk]
    if (chunk === undefined) return false
    this.#base += this.#at
    this.#view = viewOf(chunk)
    this.#at = 0
    this.#joined = undefined
    this.#dropChunk(chunk)
    return true
  }

  /** Bytes that the cut packet at `#at` has in all, as far as can be told: its length was checked by its decoder. */
  #wanted(): number {
    return this.#view.byteLength - this.#at < FRAME_BYTES ? FRAME_BYTES : this.#view.getUint32(this.#at + 1)
  }

  /**
   * Bring up to `wanted` bytes from `#at` on together, from the chunks behind; no more, so that the rest of a chunk is
   * never copied. Returns whether there was any.
   */
  #join(wanted: number): boolean {
    const rest = this.#view.byteLength - this.#at
    const target = Math.min(wanted, this.buffered)
    if (target === rest) return false
    let joined = this.#joined
    if (joined === undefined || this.#at + target > joined.length) {
      // Memory grows with the bytes that came, not with the length that was announced; doubling keeps it linear.
      joined = new Uint8Array(Math.min(wanted, 2 * target))
      joined.set(new Uint8Array(this.#view.buffer, this.#view.byteOffset + this.#at, rest))
      this.#base += this.#at
      this.#at = 0
    }
    let end = this.#at + rest
    while (end < this.#at + target) {
      const chunk = this.#chunks[this.#nextChunk]
      if (chunk === undefined) break
      const part = chunk.subarray(0, this.#at + target - end)
      joined.set(part, end)
      end += part.length
      if (part.length === chunk.length) {
        this.#dropChunk(chunk)
      } else {
        this.#chunks[this.#nextChunk] = chunk.subarray(part.length)
        this.#chunkBytes -= part.length
      }
    }
    this.#joined = joined
    this.#view = new DataView(joined.buffer, 0, end)
    return true
  }

  /** Forget the next chunk; the list is cut only now and then, so that a long one is not moved for each. */
  #dropChunk(chunk: Uint8Array): void {
    this.#chunkBytes -= chunk.length
    this.#nextChunk++
    if (2 * this.#nextChunk <= this.#chunks.length) return
    this.#chunks = this.#chunks.slice(this.#nextChunk)
    this.#nextChunk = 0
  }

  /** The same error, its offset counted from the first byte that was ever pushed. */
  #rebased(error: unknown): unknown {
    return error instanceof FormatError ? error.shifted(this.#base) : error
  }
}

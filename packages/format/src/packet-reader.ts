import { viewOf } from './bytes.ts'
import { ENTRY_HEAD_BYTES, MAX_ENTRY_BYTES, PacketType } from './constants.ts'
import { decodeEntry, type Entry } from './entry.ts'
import { FormatError } from './errors.ts'
import { decodeHeaderEntry, type Header } from './header.ts'
import { decodeOperationEnd, type OperationEnd } from './operation-end.ts'
import { decodeResult, type Result } from './result.ts'

/** What a server can send. docs/spec/protocol.md §4. */
export type Packet =
  | { readonly packet: 'entry'; readonly entry: Entry }
  | { readonly packet: 'response'; readonly entry: Entry }
  | { readonly packet: 'header'; readonly header: Header }
  | { readonly packet: 'result'; readonly result: Result }
  | { readonly packet: 'operationEnd'; readonly operationEnd: OperationEnd }

export interface PacketReaderOptions {
  /** Largest entry accepted, in bytes (default 1 MiB). */
  readonly maxEntryBytes?: number | undefined
}

/**
 * Turns what a server sends into packets: bytes in, in chunks cut anywhere; packets out.
 *
 * Entries borrow the memory that they were decoded from: the chunk itself, or a copy where a packet was cut by the end
 * of the chunk before. So a chunk must not be written to again while its entries are in use. Push a chunk, then read
 * until there is no more; then at most one incomplete packet is held.
 *
 * @see docs/spec/protocol.md §4
 */
export class PacketReader {
  readonly #maxEntryBytes: number
  /** Unread bytes lie from `#at` to `#end`. */
  #bytes: Uint8Array = new Uint8Array(0)
  #view: DataView = viewOf(this.#bytes)
  #at = 0
  /** Whether `#bytes` is our own, so that the space behind the view may be filled. */
  #owned = false
  /** Stream position of the view's first byte. */
  #base = 0

  constructor({ maxEntryBytes = MAX_ENTRY_BYTES }: PacketReaderOptions = {}) {
    this.#maxEntryBytes = maxEntryBytes
  }

  /** Bytes that were pushed but not read. */
  get buffered(): number {
    return this.#view.byteLength - this.#at
  }

  /** Hand over the next bytes. */
  push(chunk: Uint8Array): void {
    const rest = this.buffered
    if (rest === 0) {
      this.#base += this.#at
      this.#bytes = chunk
      this.#owned = false
      this.#at = 0
    } else if (this.#owned && this.#view.byteLength + chunk.length <= this.#bytes.length) {
      this.#bytes.set(chunk, this.#view.byteLength)
      this.#view = new DataView(this.#bytes.buffer, 0, this.#view.byteLength + chunk.length)
      return
    } else {
      // Doubling keeps the copying linear however small the chunks are that a packet comes in.
      const joined = new Uint8Array(Math.max(rest + chunk.length, Math.min(2 * rest, rest + this.#maxEntryBytes)))
      joined.set(this.#bytes.subarray(this.#at, this.#at + rest))
      joined.set(chunk, rest)
      this.#base += this.#at
      this.#bytes = joined
      this.#owned = true
      this.#at = 0
      this.#view = new DataView(joined.buffer, 0, rest + chunk.length)
      return
    }
    this.#view = viewOf(chunk)
  }

  /**
   * The next packet, or `undefined` when more bytes are needed.
   *
   * @throws {FormatError} if the bytes are no packet; its offset counts from the first byte that was ever pushed
   */
  read(): Packet | undefined {
    if (this.buffered === 0) return undefined
    const packet = this.#rebasing(() => decodePacket(this.#view, this.#at, this.#maxEntryBytes))
    if (packet !== undefined) this.#at += this.#view.getUint32(this.#at + 1)
    return packet
  }

  /**
   * The run of streamed entries that comes next, at most `limit`: empty if more bytes are needed or if another packet
   * stands there, which {@link read} then gives.
   *
   * @throws {FormatError} as `read`; entries before the broken one are returned by the call before the one that throws
   */
  readEntries(limit: number = Number.MAX_SAFE_INTEGER): Entry[] {
    const view = this.#view
    const entries: Entry[] = []
    while (entries.length < limit && this.buffered > 0 && view.getUint8(this.#at) === PacketType.entry) {
      let entry: Entry | undefined
      try {
        entry = decodeEntry(view, this.#at, PacketType.entry, this.#maxEntryBytes)
      } catch (error) {
        if (entries.length > 0) return entries
        throw this.#rebased(error)
      }
      if (entry === undefined) return entries
      entries.push(entry)
      this.#at += ENTRY_HEAD_BYTES + entry.data.length
    }
    return entries
  }

  /**
   * The bare u64 that follows the result of RangeBookmark, or `undefined` when more bytes are needed.
   *
   * @see docs/spec/protocol.md §3
   */
  readRangeEnd(): bigint | undefined {
    if (this.buffered < 8) return undefined
    const end = this.#view.getBigUint64(this.#at)
    this.#at += 8
    return end
  }

  #rebasing<T>(decode: () => T): T {
    try {
      return decode()
    } catch (error) {
      throw this.#rebased(error)
    }
  }

  /** The same error, its offset counted from the first byte that was ever pushed. */
  #rebased(error: unknown): unknown {
    return error instanceof FormatError ? error.shifted(this.#base) : error
  }
}

function decodePacket(view: DataView, at: number, maxEntryBytes: number): Packet | undefined {
  const type = view.getUint8(at)
  switch (type) {
    case PacketType.entry: {
      const entry = decodeEntry(view, at, type, maxEntryBytes)
      return entry && { packet: 'entry', entry }
    }
    case PacketType.response: {
      const entry = decodeEntry(view, at, type, maxEntryBytes)
      return entry && { packet: 'response', entry }
    }
    case PacketType.header: {
      const header = decodeHeaderEntry(view, at)
      return header && { packet: 'header', header }
    }
    case PacketType.result: {
      const result = decodeResult(view, at)
      return result && { packet: 'result', result }
    }
    case PacketType.operationEnd: {
      const operationEnd = decodeOperationEnd(view, at)
      return operationEnd && { packet: 'operationEnd', operationEnd }
    }
    default:
      throw new FormatError('BAD_PACKET', `packet type ${type}, expected 1, 2, 3, 254 or 255`, at)
  }
}

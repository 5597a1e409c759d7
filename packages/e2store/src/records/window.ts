import type { Step } from '../errors.ts'
import type { ByteSource } from '../io/byte-source.ts'
import { typeAt } from '../io/little-endian.ts'
import { ReadAhead } from '../io/read-ahead.ts'
import { HEAD_BYTES } from './first-record.ts'
import {
  checkBounds,
  checkHeaderRoom,
  decodeLength,
  type E2Record,
  RECORD_HEADER_BYTES,
  type RecordHeader,
  type RecordOptions,
} from './record.ts'

export interface WindowOptions extends RecordOptions {
  /** Where the readable region ends. */
  readonly end: number
  readonly step: Step
  /**
   * Read so many bytes ahead, where the source can read into memory, and reuse memory: records are then valid until the
   * next {@link RecordWindow.load} only.
   */
  readonly readAheadBytes?: number
}

/**
 * The bytes of a file that are in memory, and the records in them. What is not in memory is loaded, which moves the
 * window. Of a source in memory, the window is everything.
 *
 * Records borrow the window. Unless it reads ahead, it is not written again once a record was taken: records stay
 * valid, and keep it in memory.
 */
export class RecordWindow {
  readonly #source: ByteSource
  readonly #options: WindowOptions
  readonly #end: number
  readonly #ahead: ReadAhead | undefined
  #bytes: Uint8Array
  #start = 0
  /** Memory to read into again, for as long as no record has borrowed any of it. */
  #memory: Uint8Array | undefined

  constructor(source: ByteSource, options: WindowOptions) {
    const { end, readAheadBytes } = options
    this.#source = source
    this.#options = options
    this.#end = end
    this.#bytes = source.memory?.subarray(0, end) ?? new Uint8Array(0)
    if (readAheadBytes !== undefined) this.#ahead = ReadAhead.over(source, readAheadBytes, end)
  }

  /** The first bytes at `position`, if they are in memory, a record's header at least. Nothing of it is checked. */
  head(position: number): Uint8Array | undefined {
    const at = position - this.#start
    return this.#hasHeader(at) ? this.#bytes.subarray(at, at + HEAD_BYTES) : undefined
  }

  /**
   * The header of the record at `position`, if it is in memory.
   *
   * @throws {UnexpectedEndError} the record runs past the end of the region
   * @throws {E2FormatError} `UNKNOWN_VERSION`, `RESERVED_NOT_ZERO`
   * @throws {LimitError} `RECORD_TOO_LARGE`
   */
  header(position: number): RecordHeader | undefined {
    const at = position - this.#start
    if (!this.#hasHeader(at)) return undefined
    const type = typeAt(this.#bytes, at)
    const length = this.#length(type, at, position)
    return { type, length, position, end: position + RECORD_HEADER_BYTES + length }
  }

  /** The record at `position`, if all of it is in memory. Throws as {@link header}. */
  record(position: number): E2Record | undefined {
    const at = position - this.#start
    if (!this.#hasHeader(at)) return undefined
    const type = typeAt(this.#bytes, at)
    const length = this.#length(type, at, position)
    const from = at + RECORD_HEADER_BYTES
    const to = from + length
    if (to > this.#bytes.length) return undefined
    this.#memory = undefined
    const data = this.#bytes.subarray(from, to)
    return { type, length, position, end: position + RECORD_HEADER_BYTES + length, data }
  }

  /**
   * How many bytes from `position` on have to be loaded for the record there, or its header: 0 if it is in memory. As
   * long as the header is not, it is that of the header. Throws as {@link header}.
   */
  missing(position: number, headerOnly = false): number {
    checkHeaderRoom(position, this.#end, this.#options.step)
    const header = this.header(position)
    if (header === undefined) return RECORD_HEADER_BYTES
    return headerOnly || header.end <= this.#start + this.#bytes.length ? 0 : header.end - position
  }

  /** Move the window to the `bytes` from `position` on, fewer at the end. Returns a promise only if it has to wait. */
  load(position: number, bytes: number): Promise<void> | undefined {
    const read = this.#read(position, Math.min(bytes, this.#end - position))
    if ('then' in read) return read.then((loaded) => this.#move(loaded, position))
    this.#move(read, position)
    return undefined
  }

  #move(bytes: Uint8Array, start: number): void {
    this.#bytes = bytes
    this.#start = start
  }

  #read(position: number, length: number): Uint8Array | Promise<Uint8Array> {
    if (this.#ahead && length <= this.#ahead.windowBytes) {
      const at = position - this.#start
      const rest = at >= 0 && at <= this.#bytes.length ? this.#bytes.subarray(at) : this.#bytes.subarray(0, 0)
      return this.#ahead.next(position, rest)
    }
    if (this.#source.readInto === undefined) return this.#source.read(position, length)
    if (this.#memory === undefined || this.#memory.length < length) this.#memory = new Uint8Array(length)
    const target = this.#memory.subarray(0, length)
    return this.#source.readInto(position, target).then(() => target)
  }

  #hasHeader(at: number): boolean {
    return at >= 0 && at + RECORD_HEADER_BYTES <= this.#bytes.length
  }

  #length(type: number, at: number, position: number): number {
    const length = decodeLength(this.#bytes, at, position, this.#options)
    checkBounds(type, length, position, this.#end, this.#options)
    return length
  }
}

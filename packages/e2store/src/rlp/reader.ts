import { E2FormatError } from '../errors.ts'

/** Where RLP bytes come from, for errors. */
export interface RlpOrigin {
  /** What the bytes are, such as `header`. */
  readonly what: string
  /** Byte position of their record in the file. */
  readonly position: number
}

export const NO_ORIGIN: RlpOrigin = { what: 'RLP', position: 0 }

const EMPTY = new Uint8Array(0)

/**
 * A cursor over consecutive RLP items. It accepts canonical encodings only and copies nothing: byte strings and nested
 * readers borrow the memory they read.
 *
 * @see docs/spec/e2store-execution.md §2
 */
export class RlpReader {
  readonly bytes: Uint8Array
  readonly origin: RlpOrigin
  /** The next item. */
  #at: number
  readonly #end: number
  /** The payload of the item that {@link #step} skipped. */
  #start = 0
  #stop = 0
  #isList = false

  /** Items in `bytes[at, end)`. */
  constructor(bytes: Uint8Array, origin: RlpOrigin = NO_ORIGIN, at = 0, end: number = bytes.length) {
    this.bytes = bytes
    this.origin = origin
    this.#at = at
    this.#end = end
  }

  /** Where the next item starts. */
  get position(): number {
    return this.#at
  }

  get hasMore(): boolean {
    return this.#at < this.#end
  }

  /** Whether the next item is a list. */
  get nextIsList(): boolean {
    return this.hasMore && this.#byte(this.#at) >= 0xc0
  }

  /** Whether the next item is a byte string of 32 bytes. */
  get nextIsHash(): boolean {
    return this.hasMore && this.#byte(this.#at) === 0xa0
  }

  /** Whether the next item is a byte string of at most 8 bytes, as numbers are. */
  get nextIsNumber(): boolean {
    return this.hasMore && this.#byte(this.#at) <= 0x88
  }

  /** The next byte string. */
  string(field: string, maxBytes = 0xffff_ffff): Uint8Array {
    const length = this.skipString(field)
    if (length > maxBytes) throw this.error(`${field} has ${length} bytes, expected at most ${maxBytes}`, this.#start)
    return length === 0 ? EMPTY : this.bytes.subarray(this.#start, this.#stop)
  }

  /** The next byte string, of exactly `length` bytes. */
  fixed(field: string, length: number): Uint8Array {
    this.skipFixed(field, length)
    return this.bytes.subarray(this.#start, this.#stop)
  }

  /** Skip the next byte string; returns its length. */
  skipString(field: string): number {
    this.#step(field)
    if (this.#isList) throw this.error(`${field} is a list, expected bytes`, this.#start)
    return this.#stop - this.#start
  }

  /** Skip the next byte string, of exactly `length` bytes. */
  skipFixed(field: string, length: number): void {
    const found = this.skipString(field)
    if (found !== length) throw this.error(`${field} has ${found} bytes, expected ${length}`, this.#start)
  }

  /** The next byte string as a big-endian number of at most `maxBytes` bytes without leading zeros. */
  uint(field: string, maxBytes = 8): bigint {
    const length = this.skipUint(field, maxBytes)
    if (length > 6) return bigFrom(this.bytes, this.#start, this.#stop)
    let value = 0
    for (let at = this.#start; at < this.#stop; at++) value = value * 256 + this.#byte(at)
    return BigInt(value)
  }

  /** Skip the next number, checked as by {@link uint}; returns its length in bytes. */
  skipUint(field: string, maxBytes = 8): number {
    this.#step(field)
    if (this.#isList) throw this.error(`${field} is a list, expected a number`, this.#start)
    const length = this.#stop - this.#start
    if (length > maxBytes) throw this.error(`${field} has ${length} bytes, expected at most ${maxBytes}`, this.#start)
    if (length > 0 && this.bytes[this.#start] === 0) throw this.error(`${field} has a leading zero`, this.#start)
    return length
  }

  /** The next byte string as a number up to 2^48 - 1. */
  count(field: string): number {
    return Number(this.uint(field, 6))
  }

  /** A reader over the items of the next list. */
  list(field: string): RlpReader {
    this.#step(field)
    if (!this.#isList) throw this.error(`${field} is a byte string, expected a list`, this.#start)
    return new RlpReader(this.bytes, this.origin, this.#start, this.#stop)
  }

  /** The next item with its prefix, checked down to `maxDepth` nested lists. */
  raw(field: string, maxDepth = 16): Uint8Array {
    const from = this.#at
    this.skip(field, maxDepth)
    return this.bytes.subarray(from, this.#at)
  }

  /** Skip the next item, checking all of it. */
  skip(field: string, maxDepth = 16): void {
    this.#step(field)
    if (!this.#isList) return
    if (maxDepth === 0) throw this.error(`${field} is nested too deeply`, this.#start)
    if (this.#start === this.#stop) return
    const inner = new RlpReader(this.bytes, this.origin, this.#start, this.#stop)
    while (inner.hasMore) inner.skip(field, maxDepth - 1)
  }

  /** Throw unless all items have been read. */
  end(what: string): void {
    if (this.hasMore) throw this.error(`${this.#end - this.#at} bytes too many in ${what}`, this.#at)
  }

  error(message: string, at: number): E2FormatError {
    const { what, position } = this.origin
    return new E2FormatError('BAD_RLP', `${message} (RLP byte ${at} of the ${what})`, position, 'read')
  }

  #byte(at: number): number {
    return this.bytes[at] as number
  }

  /** Skip one item, noting where its payload is. */
  #step(field: string): void {
    const at = this.#at
    if (at >= this.#end) throw this.error(`${field} is missing`, at)
    const first = this.#byte(at)
    this.#isList = first >= 0xc0
    if (first < 0x80) {
      this.#start = at
      this.#stop = at + 1
    } else {
      const short = first & 0x3f
      if (short < 56) {
        this.#start = at + 1
        this.#stop = at + 1 + short
        if (this.#stop > this.#end) throw this.#overrun(field, short, at)
        if (first === 0x81 && this.#byte(at + 1) < 0x80) {
          throw this.error(`${field} is a single byte below 0x80 with a prefix`, at)
        }
      } else {
        this.#longStep(field, at, short - 55)
      }
    }
    this.#at = this.#stop
  }

  #longStep(field: string, at: number, lengthBytes: number): void {
    if (at + 1 + lengthBytes > this.#end) throw this.#overrun(field, lengthBytes, at)
    let length = 0
    for (let i = 1; i <= lengthBytes; i++) length = length * 256 + this.#byte(at + i)
    if (this.#byte(at + 1) === 0 || length < 56) {
      throw this.error(`length ${length} of ${field} is not in its shortest form`, at)
    }
    this.#start = at + 1 + lengthBytes
    if (length > this.#end - this.#start) throw this.#overrun(field, length, at)
    this.#stop = this.#start + length
  }

  #overrun(field: string, length: number, at: number): E2FormatError {
    return this.error(`${field} needs ${length} bytes, ${this.#end - at - 1} are left`, at)
  }
}

function bigFrom(bytes: Uint8Array, start: number, end: number): bigint {
  let value = 0n
  let at = start
  for (; at + 4 <= end; at += 4) {
    const word = (((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16)) >>> 0
    value = (value << 32n) | BigInt(word + (((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number)))
  }
  for (; at < end; at++) value = (value << 8n) | BigInt(bytes[at] as number)
  return value
}

/** Read the one list that `bytes` consist of; `read` must read all of its items. */
export function readList<T>(bytes: Uint8Array, origin: RlpOrigin, read: (items: RlpReader) => T): T {
  const outer = new RlpReader(bytes, origin)
  const items = outer.list(origin.what)
  outer.end(origin.what)
  const value = read(items)
  items.end(origin.what)
  return value
}

import {
  BOOKMARK_TYPE,
  encodeEntry,
  type Header,
  PAGE_BYTES,
  pageStart,
  pagesInUse,
  placeEntry,
} from '@datastreamer/format'
import type { DiskFile } from '../../src/disk/disk.ts'
import { PageBuffers } from '../../src/log/page-buffers.ts'
import { StreamLog } from '../../src/log/stream-log.ts'

export interface TestEntry {
  readonly type: number
  readonly data: Uint8Array
}

/** A stream file in memory, its log, and what was done to it. */
export class LogInMemory {
  readonly log: StreamLog
  /** Reads from the file so far. */
  reads = 0
  #bytes = new Uint8Array(pageStart(1))
  #header: Header = {
    generation: 3,
    version: 2,
    systemId: 1n,
    streamType: 1n,
    totalLength: pageStart(0),
    totalEntries: 0n,
  }
  readonly #ends: number[] = []

  constructor(entries: readonly TestEntry[] = []) {
    const at = this.#write(entries)
    this.log = new StreamLog({
      file: fileOf(
        () => this.#bytes,
        () => this.reads++,
      ),
      path: 'test.bin',
      header: { ...this.#header, ...at },
      buffers: new PageBuffers(),
      readBytes: 4096,
    })
  }

  get total(): number {
    return this.#ends.length
  }

  /** Commit entries; what is read while they are written after the commit point is not to be seen. */
  commit(...entries: readonly TestEntry[]): void {
    this.log.advance(this.#write(entries))
  }

  truncate(number: number): void {
    this.#ends.length = number
    this.log.truncate(this.#point())
  }

  #point(): { totalLength: number; totalEntries: bigint } {
    return { totalLength: this.#ends.at(-1) ?? pageStart(0), totalEntries: BigInt(this.#ends.length) }
  }

  #write(entries: readonly TestEntry[]): { totalLength: number; totalEntries: bigint } {
    for (const { type, data } of entries) {
      const bytes = encodeEntry({ type, data, number: BigInt(this.#ends.length) })
      const end = this.#ends.at(-1) ?? pageStart(0)
      const at = placeEntry(end, bytes.length)
      this.#grow(at + bytes.length)
      if (at > end) this.#bytes[end] = 0
      this.#bytes.set(bytes, at)
      this.#ends.push(at + bytes.length)
    }
    return this.#point()
  }

  #grow(length: number): void {
    const size = pageStart(pagesInUse(length))
    if (size <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(size, 2 * this.#bytes.length)).fill(0xaa)
    grown.set(this.#bytes)
    this.#bytes = grown
  }
}

/** A file in memory, for reading; each read takes a turn of the event loop. */
export function fileOf(bytes: () => Uint8Array, onRead: () => void = () => undefined): DiskFile {
  const refuse = async (): Promise<never> => {
    throw new Error('only read')
  }
  return {
    read: async (into, position) => {
      onRead()
      await new Promise((resolve) => setImmediate(resolve))
      const found = bytes().subarray(position, position + into.length)
      into.set(found)
      return found.length
    },
    size: async () => bytes().length,
    isAt: async () => true,
    lock: async () => 'everyone',
    close: async () => {},
    write: refuse,
    sync: refuse,
    free: async () => {},
    resize: refuse,
  }
}

export function event(length = 20, type = 1): TestEntry {
  return { type, data: new Uint8Array(length).fill(7) }
}

export function bookmark(data: Uint8Array): TestEntry {
  return { type: BOOKMARK_TYPE, data }
}

/** A bookmark as zkEVM streams have them: type u8, number u64. */
export function key(number: number, type = 2): Uint8Array {
  const bytes = new Uint8Array(9)
  bytes[0] = type
  new DataView(bytes.buffer).setBigUint64(1, BigInt(number))
  return bytes
}

/** Length of an event that nearly fills a page. */
export const LARGE: number = PAGE_BYTES - 40

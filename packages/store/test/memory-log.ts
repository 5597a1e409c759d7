import {
  BOOKMARK_TYPE,
  bytesLeftInPage,
  encodeEntry,
  encodeHeaderPage,
  HEADER_PAGE_BYTES,
  type Header,
  PAGE_BYTES,
  pageStart,
  pagesInUse,
  placeEntry,
} from '@datastreamer/format'
import { MemoryIndex } from '../src/bookmarks/memory-index.ts'
import type { DiskFile } from '../src/disk/disk.ts'
import { PageBuffers } from '../src/log/page-buffers.ts'
import { StreamLog } from '../src/log/stream-log.ts'

const EMPTY: Header = {
  generation: 3,
  version: 1,
  systemId: 137n,
  streamType: 1n,
  totalLength: HEADER_PAGE_BYTES,
  totalEntries: 0n,
}

/** A file in memory. `beforeRead` lets a test change it before a read. */
export class MemoryFile implements DiskFile {
  bytes: Uint8Array = encodeHeaderPage(EMPTY)
  beforeRead: (position: number) => Promise<void> | void = () => {}

  async read(into: Uint8Array, position: number): Promise<number> {
    await this.beforeRead(position)
    const found = this.bytes.subarray(position, position + into.length)
    into.set(found)
    return found.length
  }

  async write(from: readonly Uint8Array[], position: number): Promise<number> {
    const bytes = concat(from)
    this.put(bytes, position)
    return bytes.length
  }

  put(bytes: Uint8Array, position: number): void {
    if (position + bytes.length > this.bytes.length) this.#setSize(position + bytes.length)
    this.bytes.set(bytes, position)
  }

  async free(from: number, to: number): Promise<void> {
    this.bytes.fill(0, from, to)
  }

  async resize(size: number): Promise<void> {
    this.#setSize(size)
  }

  async size(): Promise<number> {
    return this.bytes.length
  }

  async isAt(): Promise<boolean> {
    return true
  }

  async lock(): Promise<'everyone'> {
    return 'everyone'
  }

  async sync(): Promise<void> {}
  async close(): Promise<void> {}

  #setSize(size: number): void {
    const resized = new Uint8Array(size)
    resized.set(this.bytes.subarray(0, size))
    this.bytes = resized
  }
}

export interface TestLogOptions {
  /** Whether readers find committed entries in memory, or have to read them from the file. */
  readonly inMemory?: boolean
  /** Pages to keep in memory after a commit. */
  readonly keepPages?: number
  readonly readBytes?: number
}

/** A log that a test writes entry by entry, with its file and index. */
export class TestLog {
  readonly file = new MemoryFile()
  readonly index = new MemoryIndex()
  readonly log: StreamLog
  readonly #buffers = new PageBuffers()
  readonly #keepPages: number
  #position = HEADER_PAGE_BYTES
  #number = 0

  constructor({ inMemory = true, keepPages = Number.POSITIVE_INFINITY, readBytes }: TestLogOptions = {}) {
    this.#keepPages = keepPages
    const buffers = inMemory ? this.#buffers : new PageBuffers()
    this.log = new StreamLog({ file: this.file, path: 'test.bin', header: EMPTY, buffers, readBytes })
  }

  /** Append one entry; returns its bytes on the wire. */
  add(type: number, data: Uint8Array): Uint8Array {
    const number = this.#number++
    const bytes = encodeEntry({ type, number: BigInt(number), data })
    const position = placeEntry(this.#position, bytes.length)
    const last = this.#buffers.last
    const isNewPage = last === undefined || position >= last.start + PAGE_BYTES
    if (isNewPage && last !== undefined) this.#buffers.closeLast(this.#position)
    const page = isNewPage ? this.#buffers.open(position, number) : last
    page.bytes.set(bytes, position - page.start)
    this.#position = position + bytes.length
    if (type === BOOKMARK_TYPE) this.index.put([{ key: data, number }])
    return bytes
  }

  /** Append `count` entries with `length` bytes of data each; returns their bytes on the wire. */
  addMany(count: number, dataBytes: number): Uint8Array {
    return concat(Array.from({ length: count }, (_, i) => this.add(2, new Uint8Array(dataBytes).fill(i + 1))))
  }

  /** Commit what was appended. */
  commit(): void {
    const position = this.#position
    for (let page = 0; page < pagesInUse(position); page++) {
      const bytes = this.#buffers.holding(pageStart(page))?.bytes
      if (bytes !== undefined) this.file.put(bytes, pageStart(page))
    }
    this.log.advance({ totalLength: position, totalEntries: BigInt(this.#number) })
    this.#buffers.forgetUpTo(position, this.#keepPages)
  }

  /** Truncate the log to before entry `number`. */
  async truncate(number: number): Promise<void> {
    const end = await this.log.locate(number)
    this.log.truncate({ totalLength: end.position, totalEntries: BigInt(number) })
    const left = bytesLeftInPage(end.position)
    const start = end.position + left - PAGE_BYTES
    const first = this.#buffers.holding(start)?.firstNumber ?? 0
    this.#buffers.clear()
    if (left < PAGE_BYTES) this.#buffers.open(start, first).bytes.set(this.file.bytes.subarray(start, end.position))
    this.#position = end.position
    this.#number = number
  }
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts))
}

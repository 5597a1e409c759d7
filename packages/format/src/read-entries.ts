import { ChunkJoiner } from './chunk-joiner.ts'
import { HEADER_PAGE_BYTES, PAGE_BYTES, PacketType } from './constants.ts'
import { decodeEntry, type Entry } from './entry.ts'
import { FormatError } from './errors.ts'
import { decodeHeaderPage, type Header, headerEntryOffset, type MagicOptions } from './header.ts'
import { bytesLeftInPage } from './pages.ts'

/** What a `Blob` or `File` has that reading needs. */
export interface BlobLike {
  readonly size: number
  slice(start: number, end: number): { arrayBuffer(): Promise<ArrayBuffer> }
}

/** A stream file: all of it in memory, a `Blob`, or its bytes as they come, in chunks of any size. */
export type StreamFile = Uint8Array | BlobLike | AsyncIterable<Uint8Array>

/** The committed entries of a stream file, in order, once; and its header. */
export interface FileEntries extends AsyncIterableIterator<Entry> {
  /** Can be awaited before, while or after the entries are read. */
  readonly header: Promise<Header>
}

/**
 * Read a stream file from its first byte to its commit point: `for await (const entry of readEntries(file))`, and
 * `await readEntries(file).header`. What stands after the commit point is not read. At most a page, or a chunk and an
 * entry, is held.
 *
 * The data of an entry borrows the memory that it was decoded from, which nobody else writes to unless the chunks'
 * source does: then copy it to keep it.
 *
 * @throws {FormatError} from `header` and the iteration alike, with the byte position in the file: as
 * {@link decodeHeaderPage}, `BAD_PACKET`, `BAD_LENGTH`, `BAD_NUMBER` (entries that do not follow each other, or are not as
 * many as the header says), or `INCOMPLETE` if the file ends before its commit point
 * @throws what reading a blob or the chunks throws
 * @see docs/spec/stream-file.md §1 to §4
 */
export function readEntries(file: StreamFile, options: MagicOptions = {}): FileEntries {
  return new StreamFileReader(chunksOf(file), options)
}

class StreamFileReader implements FileEntries {
  readonly #chunks: AsyncIterator<Uint8Array>
  readonly #options: MagicOptions
  readonly #input = new ChunkJoiner()
  readonly #entries: AsyncGenerator<Entry, undefined>
  #header: Promise<Header> | undefined

  constructor(chunks: AsyncIterable<Uint8Array>, options: MagicOptions) {
    this.#chunks = chunks[Symbol.asyncIterator]()
    this.#options = options
    this.#entries = this.#readEntries()
  }

  get header(): Promise<Header> {
    this.#header ??= this.#readHeader()
    return this.#header
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<Entry, undefined>> {
    return this.#entries.next()
  }

  async return(): Promise<IteratorResult<Entry, undefined>> {
    const result = await this.#entries.return(undefined)
    await this.#chunks.return?.()
    return result
  }

  async #readHeader(): Promise<Header> {
    const input = this.#input
    while (input.buffered < HEADER_PAGE_BYTES) {
      if (!(await this.#pull())) break
    }
    if (input.hasByte()) input.join(HEADER_PAGE_BYTES)
    const { view, at } = input
    const page = new Uint8Array(view.buffer, view.byteOffset + at, Math.min(HEADER_PAGE_BYTES, view.byteLength - at))
    const header = decodeHeaderPage(page, this.#options)
    if (page.length < HEADER_PAGE_BYTES) throw this.#ended('its header page')
    const { totalLength, generation } = header
    if (totalLength < HEADER_PAGE_BYTES) {
      const offset = headerEntryOffset(generation) + (generation === 3 ? 22 : 13)
      throw new FormatError('BAD_LENGTH', `totalLength ${totalLength}, expected ${HEADER_PAGE_BYTES} or more`, offset)
    }
    input.skip(HEADER_PAGE_BYTES)
    return header
  }

  async *#readEntries(): AsyncGenerator<Entry, undefined> {
    try {
      const { totalLength, totalEntries } = await this.header
      let number = 0n
      for (let entry = await this.#next(totalLength); entry !== undefined; entry = await this.#next(totalLength)) {
        const end = this.#input.position
        if (entry.number !== number) {
          const offset = end - entry.data.length - 8
          throw new FormatError('BAD_NUMBER', `entry number ${entry.number}, expected ${number}`, offset)
        }
        number++
        yield entry
      }
      if (number !== totalEntries) {
        const found = `${number} entries up to totalLength ${totalLength}, but totalEntries ${totalEntries}`
        throw new FormatError('BAD_NUMBER', found, totalLength)
      }
    } finally {
      await this.#chunks.return?.()
    }
    return undefined
  }

  /** The next entry before position `end`; passes over padding. */
  async #next(end: number): Promise<Entry | undefined> {
    const input = this.#input
    while (input.position < end) {
      if (!input.hasByte()) {
        if (!(await this.#pull())) throw this.#ended(`totalLength ${end}`)
        continue
      }
      const left = bytesLeftInPage(input.position)
      const canBePadding = left < PAGE_BYTES && left <= end - input.position
      if (canBePadding && input.view.getUint8(input.at) === PacketType.padding) {
        await this.#skip(left, end)
        continue
      }
      let entry: Entry | undefined
      try {
        entry = decodeEntry(input.view, input.at, PacketType.entry, Math.min(left, end - input.position))
      } catch (error) {
        throw input.rebased(error)
      }
      if (entry !== undefined) {
        input.skip(input.view.getUint32(input.at + 1))
        return entry
      }
      if (!input.joinFrame() && !(await this.#pull())) throw this.#ended(`totalLength ${end}`)
    }
    return undefined
  }

  async #skip(bytes: number, end: number): Promise<void> {
    for (let left = bytes; left > 0; left -= this.#input.skip(left)) {
      if (!this.#input.hasByte() && !(await this.#pull())) throw this.#ended(`totalLength ${end}`)
    }
  }

  async #pull(): Promise<boolean> {
    const next = await this.#chunks.next()
    if (next.done) return false
    this.#input.push(next.value)
    return true
  }

  #ended(before: string): FormatError {
    const { position, buffered } = this.#input
    return new FormatError('INCOMPLETE', `the file ends before ${before}`, position + buffered)
  }
}

async function* chunksOf(file: StreamFile): AsyncGenerator<Uint8Array> {
  if (ArrayBuffer.isView(file)) {
    yield file
  } else if (Symbol.asyncIterator in file) {
    yield* file
  } else {
    // A page at a time, so that no entry lies across two.
    for (let at = 0, end = HEADER_PAGE_BYTES; at < file.size; at = end, end += PAGE_BYTES) {
      yield new Uint8Array(await file.slice(at, Math.min(end, file.size)).arrayBuffer())
    }
  }
}

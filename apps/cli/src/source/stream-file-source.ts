import type { EntriesOptions, Entry, Header } from '@datastreamer/format'
import { openReader, type StreamReader } from '@datastreamer/store'
import { firstEventAfter, MemoryIndex, scanForBookmark } from '@datastreamer/store/log'
import { baseText } from '../output/note-base.ts'
import type { StreamSource } from './stream-source.ts'

export interface StreamFileSourceOptions {
  readonly file: string
  readonly streamType: bigint
  /** Whether commits of another process are to be seen. */
  readonly follow: boolean
  readonly note: (line: string) => void
}

/**
 * A stream file, read as the server reads it. Bookmarks are looked for in the file itself: the index cannot be opened
 * without being written to, and keeps the file's writer away meanwhile.
 */
export class StreamFileSource implements StreamSource {
  readonly name: string
  readonly file: string
  readonly #reader: StreamReader
  /** Whether the reader has an index, which then is its own. */
  readonly #hasIndex: boolean

  private constructor(file: string, reader: StreamReader, hasIndex: boolean) {
    this.name = file
    this.file = file
    this.#reader = reader
    this.#hasIndex = hasIndex
  }

  static async open({ file, streamType, follow, note }: StreamFileSourceOptions): Promise<StreamFileSource> {
    const onProblem = (problem: Error | undefined): void => {
      note(`datastreamer: ${problem?.message ?? `${file} fits its header again`}`)
    }
    const index = follow ? undefined : new MemoryIndex()
    const reader = await openReader({ file, streamType, follow, onProblem, index })
    if (reader.firstEntry > 0n) note(`datastreamer: ${baseText(file, reader.firstEntry)}`)
    return new StreamFileSource(file, reader, follow)
  }

  get firstEntry(): bigint {
    return this.#reader.firstEntry
  }

  getHeader(): Header {
    return this.#reader.getHeader()
  }

  getEntry(number: bigint): Promise<Entry | undefined> {
    return this.#reader.getEntry(number)
  }

  async getFirstEventAfterBookmark(bookmark: Uint8Array): Promise<Entry | undefined> {
    const number = await this.#find(bookmark)
    return number === undefined ? undefined : firstEventAfter(this.#reader.log, number)
  }

  async *entries(options: EntriesOptions = {}): AsyncGenerator<Entry, void, void> {
    yield* this.#reader.entries(await this.#located(options))
  }

  async *batches(options: EntriesOptions = {}): AsyncGenerator<readonly Entry[], void, void> {
    yield* this.#reader.batches(await this.#located(options))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader.close()
  }

  /** With the number of the bookmark to begin at, if there is one: without an index the reader does not find it. */
  async #located(options: EntriesOptions): Promise<EntriesOptions> {
    if (this.#hasIndex || typeof options.from !== 'object') return options
    const number = await this.#find(options.from.bookmark)
    return number === undefined ? options : { ...options, from: number }
  }

  async #find(bookmark: Uint8Array): Promise<bigint | undefined> {
    return this.#hasIndex ? this.#reader.getBookmark(bookmark) : scanForBookmark(this.#reader.log, bookmark)
  }
}

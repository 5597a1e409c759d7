import type { Entry, Header } from '@datastreamer/format'
import type { BookmarkIndex } from '../bookmarks/bookmark-index.ts'
import { findBookmark, firstEventAfter } from '../bookmarks/find-bookmark.ts'
import { RefusedError } from '../disk/errors.ts'
import type { StreamLog } from '../log/stream-log.ts'
import { dataBetween } from './data-between.ts'

export interface ReaderParts {
  readonly log: StreamLog
  readonly index: BookmarkIndex
  /** Called once, when the reader is closed. */
  readonly release?: (() => Promise<void>) | undefined
}

/** A stream that was opened stays open until it is closed, also if only its log is still in use. */
const openReaders = new Set<StreamReader>()

/** Looks things up in a stream: by entry number and by bookmark. docs/spec/stream-file.md §5. */
export class StreamReader implements AsyncDisposable {
  readonly log: StreamLog
  readonly index: BookmarkIndex
  readonly #release: (() => Promise<void>) | undefined
  #released: Promise<void> | undefined

  constructor({ log, index, release }: ReaderParts) {
    this.log = log
    this.index = index
    this.#release = release
    openReaders.add(this)
  }

  /** The header, standing between two operations. */
  getHeader(): Header {
    return this.log.header
  }

  /** A committed entry, or `undefined`. */
  async getEntry(number: bigint): Promise<Entry | undefined> {
    return this.log.entry(number)
  }

  /** Number of a committed bookmark's entry, or `undefined`. */
  async getBookmark(bookmark: Uint8Array): Promise<bigint | undefined> {
    return findBookmark(this.log, this.index, bookmark)
  }

  /** The first entry behind a bookmark that is none itself, or `undefined` if there is no such bookmark or entry. */
  async getFirstEventAfterBookmark(bookmark: Uint8Array): Promise<Entry | undefined> {
    const number = await this.getBookmark(bookmark)
    return number === undefined ? undefined : firstEventAfter(this.log, number)
  }

  /**
   * The data of all entries that are no bookmarks, joined, from one bookmark up to another.
   *
   * @throws {RefusedError} `BOOKMARK_NOT_FOUND`, `RANGE_REVERSED`
   */
  async getDataBetweenBookmarks(from: Uint8Array, to: Uint8Array): Promise<Uint8Array> {
    return dataBetween(this.log, await this.#mustFind(from), await this.#mustFind(to))
  }

  /** Let go of the file and the index. Calling it again waits too. */
  async close(): Promise<void> {
    openReaders.delete(this)
    this.#released ??= this.#release?.()
    await this.#released
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #mustFind(bookmark: Uint8Array): Promise<bigint> {
    const number = await this.getBookmark(bookmark)
    if (number !== undefined) return number
    throw new RefusedError('BOOKMARK_NOT_FOUND', `bookmark 0x${Buffer.from(bookmark).toString('hex')}`)
  }
}

import type { EntriesOptions, Entry, Header, OperationEvent, OperationSource } from '@datastreamer/format'
import type { BookmarkIndex } from '../bookmarks/bookmark-index.ts'
import { findBookmark, firstEventAfter } from '../bookmarks/find-bookmark.ts'
import { RefusedError } from '../disk/errors.ts'
import { type KnownBoundaries, NO_BOUNDARIES } from '../log/known-boundaries.ts'
import type { StreamLog } from '../log/stream-log.ts'
import { dataBetween } from './data-between.ts'
import type { EntriesInput } from './range-cursor.ts'
import { readBatches, readEntries } from './read-entries.ts'
import { readOperations } from './read-operations.ts'

export interface ReaderParts {
  readonly log: StreamLog
  readonly index: BookmarkIndex
  /** Whether more may be committed to the log while it is open (default true). */
  readonly grows?: boolean | undefined
  /** What is known of operation boundaries, for one reading (default: nothing). */
  readonly boundaries?: (() => Promise<KnownBoundaries & Partial<AsyncDisposable>>) | undefined
  /** Called once, when the reader is closed. */
  readonly release?: (() => Promise<void>) | undefined
}

/** An open reader must not be garbage collected while only its log is in use. */
const openReaders = new Set<StreamReader>()

/** A stream that is open for reading, in order, by entry number or by bookmark. docs/spec/stream-file.md §5. */
export class StreamReader implements OperationSource, AsyncDisposable {
  readonly log: StreamLog
  readonly index: BookmarkIndex
  readonly #entries: EntriesInput
  readonly #boundaries: NonNullable<ReaderParts['boundaries']>
  readonly #closing = new AbortController()
  readonly #release: (() => Promise<void>) | undefined
  #released: Promise<void> | undefined

  /** @internal */
  constructor({ log, index, grows = true, boundaries, release }: ReaderParts) {
    this.log = log
    this.index = index
    const findBookmark = (bookmark: Uint8Array): Promise<bigint | undefined> => this.getBookmark(bookmark)
    this.#entries = { log, findBookmark, grows, closing: this.#closing.signal }
    this.#boundaries = boundaries ?? (async () => NO_BOUNDARIES)
    this.#release = release
    openReaders.add(this)
  }

  /** Path of the stream file. */
  get name(): string {
    return this.log.path
  }

  /** The header; its totals are the commit point. */
  getHeader(): Header {
    return this.log.header
  }

  /**
   * Every committed entry, in order, once; of a file that begins late, those that are in it. At the head it waits for the next commit, unless `follow` is false or the file was
   * opened without following it. The data is borrowed until the next entry is requested.
   *
   * **Truncation.** One that leaves every entry delivered so far is not noticed: reading goes on with the entries that are
   * there now. One that removes a delivered entry, whether or not another gets its number, ends the reading. Entries before
   * the requested start count as delivered once the stream has them.
   *
   * @throws {NotFoundError} `FROM_NOT_FOUND`, `TO_NOT_FOUND`: an unknown bookmark, a number after the head if reading does not
   * wait there, or an end bookmark before the start
   * @throws {TruncatedError}
   * @throws {DamageError}
   * @throws {RefusedError} `BEFORE_BASE`; `CLOSED` if the reader is closed meanwhile
   */
  entries(options?: EntriesOptions): AsyncGenerator<Entry, void, void> {
    return readEntries(this.#entries, options)
  }

  /**
   * As {@link entries}, in batches of a page or less, which is faster. The data is borrowed until the next batch is requested.
   */
  batches(options?: EntriesOptions): AsyncGenerator<readonly Entry[], void, void> {
    return readBatches(this.#entries, options)
  }

  /**
   * As {@link batches}, with the operation boundaries that the commit log knows: at most one in each run of entries that is
   * read at once, the last; and one where reading comes to the head. docs/spec/commit-log.md §3.
   *
   * Of a file that is open for reading, the commit log is read beside it, as far as it matches the file; without one, only the
   * head is a boundary.
   *
   * @throws {RefusedError} `IN_THE_WAY` if the commit log there is that of another stream
   */
  operations(options?: EntriesOptions): AsyncGenerator<OperationEvent, void, void> {
    return readOperations(this.#entries, this.#boundaries, options)
  }

  /** Number of the first entry that is in the file: 0, unless it begins late. docs/spec/stream-file.md §9. */
  get firstEntry(): bigint {
    return this.log.base.totalEntries
  }

  /** A committed entry, or `undefined`. @throws {RefusedError} `BEFORE_BASE` */
  async getEntry(number: bigint): Promise<Entry | undefined> {
    return this.log.entry(number)
  }

  /** Number of a committed bookmark's entry, or `undefined`; that of a file that begins late may be before it. */
  async getBookmark(bookmark: Uint8Array): Promise<bigint | undefined> {
    return findBookmark(this.log, this.index, bookmark)
  }

  /** The first entry after a bookmark that is not a bookmark itself, or `undefined` if there is no such bookmark or entry. */
  async getFirstEventAfterBookmark(bookmark: Uint8Array): Promise<Entry | undefined> {
    const number = await this.getBookmark(bookmark)
    return number === undefined ? undefined : firstEventAfter(this.log, number)
  }

  /**
   * The concatenated data of all entries between two bookmarks that are not bookmarks themselves.
   *
   * @throws {RefusedError} `BOOKMARK_NOT_FOUND`, `RANGE_REVERSED`
   * @throws {TruncatedError} if the stream is truncated meanwhile
   */
  async getDataBetweenBookmarks(from: Uint8Array, to: Uint8Array): Promise<Uint8Array> {
    return dataBetween(this.log, await this.#mustFind(from), await this.#mustFind(to))
  }

  /** Release the file and the index. Calling it again waits too. */
  async close(): Promise<void> {
    this.#closing.abort(new RefusedError('CLOSED', `${this.name} is closed`))
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

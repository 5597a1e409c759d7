/** Bookmarks in the order of the log, to be put into an index. */
export interface BookmarkPut {
  /** 1 to 16 bytes; copied before `put` takes the next. */
  readonly key: Uint8Array
  /** Number of the bookmark's own entry. */
  readonly number: number
}

/**
 * Bookmark bytes to entry numbers. It holds nothing that the log does not, may lag behind it after a crash, and may hold
 * what was never committed if another program wrote it: whoever asks checks the answer, see `findBookmark`.
 * docs/spec/stream-file.md §5.
 *
 * Puts and removals take effect in the order of the calls, can be seen by `get` at once, and are written in the
 * background. A disk that fails is reported by `writable` and `flush`, from then on until `repair` helps; what is put stays in
 * memory meanwhile.
 */
export interface BookmarkIndex {
  /**
   * Put bookmarks; the last of the same bytes wins. To be called in the same turn of the event loop in which the log
   * moves past them, so that no look-up takes a bookmark for stale that is only early.
   *
   * @throws {RangeError} if a key is not 1 to 16 bytes
   * @throws {RefusedError} `CLOSED`
   */
  put(bookmarks: Iterable<BookmarkPut>): void
  /** Take bookmarks out. @throws as `put` */
  remove(keys: readonly Uint8Array[]): void
  /** Whether a write failed, so that nothing more is written before `repair` helped. */
  readonly failed: boolean
  /**
   * Try to go on after a write that failed, now and then: once the disk has room again, what is in memory is written. Does
   * not throw; `failed` tells whether it helped. Nothing may be writing the stream file, since the lock of its one writer
   * is released and taken again.
   */
  repair(): Promise<void>
  /**
   * Whether the name of its folder still leads to what was opened; always, if it has none.
   *
   * @throws what the system says
   */
  isAtPath(): Promise<boolean>
  /** Resolves when there is room for more: at once, unless the disk is far behind. @throws as `flush` */
  writable(): Promise<void>
  /**
   * Number that the index holds for a bookmark; one that no entry has if what it holds is no number.
   *
   * @throws {DiskError} @throws {UnusableIndexError} `INDEX_CORRUPT` @throws {RefusedError} `CLOSED`
   */
  get(key: Uint8Array): Promise<number | undefined>
  /**
   * Resolves when all that was put and removed so far is written, and durable if `sync` is set.
   *
   * @throws {DiskError} @throws {UnusableIndexError} `INDEX_CORRUPT` @throws {RefusedError} `CLOSED`
   */
  flush(options: { readonly sync: boolean }): Promise<void>
  /** Write what is left and release all; look-ups under way are answered first. Calling it again does nothing. */
  close(): Promise<void>
}

/** Bookmarks in the order of the log, to be put into an index. */
export interface BookmarkPut {
  /** 1 to 16 bytes; copied before `put` asks for the next one. */
  readonly key: Uint8Array
  /** Number of the bookmark's own entry. */
  readonly number: number
}

/**
 * Maps bookmarks to entry numbers. It holds nothing that the log does not, may lag behind it after a crash, and may hold what
 * was never committed if another program wrote it: its answers have to be checked, see `findBookmark`.
 * docs/spec/stream-file.md §5.
 *
 * Puts and removals take effect in the order of the calls, are visible to `get` at once, and are written in the background. A
 * failure of the disk is reported by `writable` and `flush` until `repair` succeeds; what is put stays in memory meanwhile.
 */
export interface BookmarkIndex {
  /**
   * Put bookmarks; of equal ones the last counts. To be called in the same turn of the event loop in which the log moves past
   * them, so that look-ups do not treat them as stale.
   *
   * @throws {RangeError} if a key is not 1 to 16 bytes
   * @throws {RefusedError} `CLOSED`
   */
  put(bookmarks: Iterable<BookmarkPut>): void
  /** Remove bookmarks. @throws as `put` */
  remove(keys: readonly Uint8Array[]): void
  /** Whether a write failed, so that nothing more is written until `repair` succeeds. */
  readonly failed: boolean
  /** Whether look-ups cost a scan of the log for now (default false). */
  readonly scans?: boolean | undefined
  /**
   * Try to recover from a failed write, at most every so often: once the disk has room again, what is in memory is written.
   * Does not throw; `failed` says whether it succeeded. Nothing may be writing the stream file, since its lock is released and
   * acquired again.
   */
  repair(): Promise<void>
  /**
   * Whether the path of its folder still leads to what was opened; true if it has none.
   *
   * @throws the system's error
   */
  isAtPath(): Promise<boolean>
  /** Resolves when there is room for more: at once, unless the disk is far behind. @throws as `flush` */
  writable(): Promise<void>
  /**
   * Number that the index holds for a bookmark; one that no entry has if the value is not a number.
   *
   * @throws {DiskError} @throws {UnusableIndexError} `INDEX_CORRUPT` @throws {RefusedError} `CLOSED`
   */
  get(key: Uint8Array): Promise<number | undefined>
  /**
   * Resolves when everything that was put and removed so far is written, and durable if `sync` is set.
   *
   * @throws {DiskError} @throws {UnusableIndexError} `INDEX_CORRUPT` @throws {RefusedError} `CLOSED`
   */
  flush(options: { readonly sync: boolean }): Promise<void>
  /** Write what is pending and release everything; look-ups under way are answered first. Idempotent. */
  close(): Promise<void>
}

/** What finding a bookmark takes: looking it up, and correcting what is wrong. */
export type SearchedIndex = Pick<BookmarkIndex, 'get' | 'put' | 'remove'>

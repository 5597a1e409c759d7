/** Bookmarks in the order of the log, to be put into an index. */
export interface BookmarkPut {
  /** 1 to 16 bytes. */
  readonly key: Uint8Array
  /** Number of the bookmark's own entry. */
  readonly number: number
}

/**
 * Bookmark bytes to entry numbers. It holds nothing that the log does not, may lag behind it after a crash, and may hold
 * what was never committed if another program wrote it: whoever asks checks the answer, see `findBookmark`.
 * docs/spec/stream-file.md §5.
 */
export interface BookmarkIndex {
  /** Put bookmarks; the last of the same bytes wins. They can be looked up at once, and are written in the background. */
  put(bookmarks: readonly BookmarkPut[]): void
  /** Resolves when there is room for more: at once, unless the disk is far behind. @throws if writing failed */
  writable(): Promise<void>
  /** Number that the index holds for a bookmark. */
  get(key: Uint8Array): Promise<number | undefined>
  /** Take bookmarks out. */
  remove(keys: readonly Uint8Array[]): Promise<void>
  /** Resolves when all that was put so far is written, and durable if `sync` is set. */
  flush(options: { readonly sync: boolean }): Promise<void>
  /** Flush and let go. Calling it again does nothing. */
  close(): Promise<void>
}

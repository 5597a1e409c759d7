import type { Entry, Header } from '@datastreamer/format'

/** Where to begin reading. */
export type Start = bigint | 'latest' | BookmarkStart

/** The place of a bookmark. */
export interface BookmarkStart {
  readonly bookmark: Uint8Array
  /** What the bookmark marks, for people. */
  readonly of: string
}

export interface ReadOptions {
  readonly from: Start
  /** Wait for more at the head. Otherwise the entries end where the head is now, between two operations. */
  readonly follow: boolean
  readonly signal: AbortSignal
}

/** A stream to look into: a file or a server. */
export interface Source extends AsyncDisposable {
  /** As the user named it. */
  readonly name: string
  /** Path of the file, if it is one. */
  readonly file: string | undefined
  getHeader(): Promise<Header>
  getEntry(number: bigint): Promise<Entry | undefined>
  /** The first entry behind a bookmark that is none itself. */
  getBookmark(bookmark: Uint8Array): Promise<Entry | undefined>
  /** Entries in order, in runs; what they hold is borrowed until the next run is asked for. */
  batches(options: ReadOptions): AsyncGenerator<readonly Entry[], void, void>
}

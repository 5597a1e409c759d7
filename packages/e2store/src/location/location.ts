import type { AbortLike } from '../abort.ts'
import type { ByteSource } from '../io/byte-source.ts'

/** What holds e2store files: a folder, a web server, a bucket. */
export interface Location extends AsyncDisposable {
  /** As it was named, without credentials. */
  readonly name: string
  /**
   * The files that the location says it has, each name once, sorted by name. No name has a slash or is `.` or `..`.
   *
   * @throws {LocationError} the location cannot be reached, or shows no list
   */
  list(options?: LocationOptions): Promise<readonly ListedFile[]>
  /**
   * Open a file for random access. The signal ends its reads too, as long as it is open.
   *
   * @throws {LocationError} it is not there, or cannot be read by ranges
   */
  open(name: string, options?: OpenOptions): Promise<OpenedFile>
  /** A small file as text: a checksum list, a description; `undefined` if it is not there. */
  readText(name: string, options?: LocationOptions): Promise<string | undefined>
  /**
   * Ask for the bytes of a file in order, once: who wants the rest after a failure asks again. Where it is absent, files
   * are read in ranges.
   *
   * @throws {LocationError} the file is not there, or the location does not answer
   */
  download?(name: string, options?: DownloadOptions): Promise<Download>
}

export interface DownloadOptions extends LocationOptions {
  /** Position of the first byte that is wanted (default 0). */
  readonly from?: number
  /** The version that the bytes before `from` are of, as an earlier {@link Download} had it. */
  readonly validator?: string
}

/** A file on its way. Disposing of it ends the transfer. */
export interface Download extends AsyncDisposable {
  /** Position of the first byte: as asked for, or 0 if the location starts again or the file is another version. */
  readonly from: number
  /** Size of the whole file in bytes, if the location tells. */
  readonly size?: number
  /** Which version of the file it is, to ask for the rest of it; absent if the location has nothing that identifies one. */
  readonly validator?: string
  /** The bytes; iterating throws a {@link LocationError} where they end before `size`. */
  readonly bytes: AsyncIterable<Uint8Array>
}

export interface LocationOptions {
  /** Ends the work; also where it only waits, if it is an `AbortSignal`. */
  readonly signal?: AbortLike
}

/** Ends of a file. */
export type FileEnds = 'start' | 'end' | 'both'

export interface OpenOptions extends LocationOptions {
  /**
   * What is read of the file first: over a network it comes along with opening, both ends at the same time (default `end`,
   * where archives have their index).
   */
  readonly ends?: FileEnds | undefined
}

/** A file in a list; its size in bytes only if the list has it exactly. */
export interface ListedFile {
  readonly name: string
  readonly size?: number
  /** SHA-256, 64 lower-case hex digits, if a list beside the files has it under this name. */
  readonly sha256?: string
}

/** An open file of a location. */
export interface OpenedFile extends ByteSource, AsyncDisposable {
  readonly name: string
}

/** A location that is read over a network, and says where its list comes from. */
export interface RemoteLocation extends Location {
  /** The archives that the location says it has, and how it says so. Throws as {@link Location.list}. */
  listing(options?: LocationOptions): Promise<Listing>
  download(name: string, options?: DownloadOptions): Promise<Download>
}

/** The form of a list that names come from, the most trusted first. */
export type ListingForm = 'checksums' | 'urls' | 's3' | 'json' | 'html'

/** The files of a location that holds archives, from all the lists that it has. */
export interface Listing {
  /** Each form that was found, the most trusted first. */
  readonly forms: readonly ListingForm[]
  /** Archives, each name once, sorted by name. */
  readonly files: readonly ListedFile[]
  /** Indexes of the archives, beside them. */
  readonly sidecars: readonly ListedFile[]
  /** Names of the lists beside them: checksums, addresses. */
  readonly lists: readonly string[]
  /** What was found wrong with a list, in words. */
  readonly warnings: readonly string[]
}

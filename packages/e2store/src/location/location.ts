import type { AbortLike } from '../abort.ts'
import type { ByteSource } from '../io/byte-source.ts'

/** A place that holds e2store files: a folder, a web server, a bucket. */
export interface Location extends AsyncDisposable {
  /** As it was named, without credentials. */
  readonly name: string
  /**
   * The files that the place says it has, each name once, sorted by name.
   *
   * @throws {LocationError} the place cannot be reached, or shows no list
   */
  list(options?: LocationOptions): Promise<readonly ListedFile[]>
  /**
   * Open a file for random access.
   *
   * @throws {LocationError} it is not there, or cannot be read by ranges
   */
  open(name: string, options?: LocationOptions): Promise<OpenedFile>
  /** A small file as text: a checksum list, a description; `undefined` if it is not there. */
  readText(name: string, options?: LocationOptions): Promise<string | undefined>
  /**
   * Ask for the bytes of a file in order, once: who wants the rest after a failure asks again. Where it is absent, files
   * are read in ranges.
   *
   * @throws {LocationError} the file is not there, or the place does not answer
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
  /** Position of the first byte: as asked for, or 0 if the place starts again or the file is another version. */
  readonly from: number
  /** Size of the whole file in bytes, if the place tells. */
  readonly size?: number
  /** Which version of the file it is, to ask for the rest of it; absent if the place has nothing that identifies one. */
  readonly validator?: string
  /** The bytes; iterating throws a {@link LocationError} where they end before `size`. */
  readonly bytes: AsyncIterable<Uint8Array>
}

export interface LocationOptions {
  readonly signal?: AbortLike
}

/** A file in a list; its size in bytes only if the list has it exactly. */
export interface ListedFile {
  readonly name: string
  readonly size?: number
}

/** An open file of a location. */
export interface OpenedFile extends ByteSource, AsyncDisposable {
  readonly name: string
}

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

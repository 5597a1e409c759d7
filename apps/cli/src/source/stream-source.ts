import { type EntriesOptions, type Entry, type EntrySource, NotFoundError, TruncatedError } from '@datastreamer/format'
import { MissingError } from '../errors.ts'

/** A stream to look into, a file or a server: an open entry source that also answers single questions. */
export interface StreamSource extends EntrySource, AsyncDisposable {
  /** Path of the file, if it is one. */
  readonly file: string | undefined
  /** Number of the first entry that it has: 0, unless it is a file that begins late. */
  readonly firstEntry: bigint
  getEntry(number: bigint): Promise<Entry | undefined>
  /** The first entry after a bookmark that is none itself. */
  getFirstEventAfterBookmark(bookmark: Uint8Array): Promise<Entry | undefined>
}

/** Where to begin reading. */
export type Start = bigint | 'latest' | BookmarkStart

/** A bookmark to begin at. */
export interface BookmarkStart {
  readonly bookmark: Uint8Array
  /** What the bookmark is of, for people. */
  readonly of: string
}

/** The entries from where a command line says, with what it says in errors. @throws {MissingError} */
export async function* readFrom(
  source: EntrySource,
  options: EntriesOptions & { readonly from: Start },
): AsyncGenerator<readonly Entry[], void, void> {
  try {
    yield* source.batches(options)
  } catch (error) {
    throw explain(error, source, options.from)
  }
}

function explain(error: unknown, { name }: EntrySource, from: Start): unknown {
  const missing = (message: string): MissingError => new MissingError('NOT_FOUND', message, { cause: error })
  if (error instanceof TruncatedError) return missing(`${name}: ${error.message}`)
  if (!(error instanceof NotFoundError)) return error
  if (typeof from === 'object' && error.code === 'FROM_NOT_FOUND')
    return missing(`${name} has no bookmark of ${from.of}`)
  return missing(`${name} has ${error.message}`)
}

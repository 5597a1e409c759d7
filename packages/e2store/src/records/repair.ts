import { TruncatedError } from '../errors.ts'
import type { ByteSource } from '../io/byte-source.ts'
import { type IterateOptions, RecordCursor } from './iterate.ts'

export interface WholeEnd {
  /** Where the last whole record ends. */
  readonly wholeEnd: number
  /** Why the file does not end there, if it does not. */
  readonly error?: TruncatedError
}

/**
 * Where a file's last whole record ends: behind it, a crash may have left the start of another.
 *
 * Reads the headers only.
 *
 * @throws {E2FormatError} the file breaks the format in another way than by ending too early
 * @see docs/spec/e2store.md §3.2
 */
export async function findWholeEnd(source: ByteSource, options: IterateOptions = {}): Promise<WholeEnd> {
  const cursor = new RecordCursor(source, { maxRecordBytes: Number.POSITIVE_INFINITY, ...options })
  try {
    while (await cursor.fill({ headerOnly: true })) while (cursor.takeHeader());
    return { wholeEnd: cursor.position }
  } catch (error) {
    if (error instanceof TruncatedError) return { wholeEnd: error.wholeEnd, error }
    throw error
  }
}

import { E2FormatError, UnexpectedEndError } from '../errors.ts'
import type { ByteSource } from '../io/byte-source.ts'
import { equalBytes } from '../io/bytes.ts'
import { type IterateOptions, RecordCursor } from './iterate.ts'
import { encodeRecordHeader } from './record.ts'
import { RecordType } from './record-type.ts'

export interface WholeEnd {
  /** Where the last whole record ends. */
  readonly wholeEnd: number
  /** Why the file does not end there, if it does not. */
  readonly error?: UnexpectedEndError
}

/**
 * Where a file's last whole record ends: a crash may have left the start of another after it. Reads headers only.
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
    if (!(error instanceof UnexpectedEndError)) throw error
    if (error.wholeEnd === 0 && options.requireVersion !== false) await checkBegunVersion(source)
    return { wholeEnd: error.wholeEnd, error }
  }
}

/** Throw `NO_VERSION` unless a file that is shorter than a record is the start of a Version record. */
async function checkBegunVersion(source: ByteSource): Promise<void> {
  const version = encodeRecordHeader(RecordType.Version, 0)
  const bytes = await source.read(0, Math.min(source.size, version.length))
  if (equalBytes(bytes, version.subarray(0, bytes.length))) return
  throw new E2FormatError('NO_VERSION', `${bytes.length} bytes that are not the start of a Version record`, 0, 'walk')
}

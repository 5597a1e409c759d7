import { constants } from 'node:fs/promises'
import { checkRange } from '../io/byte-source.ts'
import { encodeRecordHeader } from '../records/record.ts'
import { RecordType } from '../records/record-type.ts'
import { findWholeEnd } from '../records/repair.ts'
import { type FileSink, fileSink } from './file-sink.ts'
import { readFully } from './file-source.ts'
import { openRegularFile } from './regular-file.ts'

export interface AppendOptions {
  /** Truncate an incomplete record that a crash left at the end (default false: throw `TRUNCATED`). */
  readonly repair?: boolean
}

export interface AppendedFile extends FileSink {
  /** Bytes of an incomplete record that were truncated. */
  readonly removedBytes: number
}

/**
 * Open an e2store file to append records. One that does not exist or is empty gets a Version record.
 *
 * Only one process may write to a file: this takes no lock.
 *
 * @throws {ByteSourceError} `NOT_A_FILE`
 * @throws {UnexpectedEndError} the file ends inside a record, without `repair`
 * @throws {E2FormatError} the file is not an e2store file; it is not changed
 * @see docs/spec/e2store.md §3.2
 */
export async function appendFile(path: string, { repair = false }: AppendOptions = {}): Promise<AppendedFile> {
  const { file, size } = await openRegularFile(path, constants.O_RDWR | constants.O_CREAT)
  try {
    const source = {
      size,
      read: async (position: number, length: number) => {
        checkRange(size, position, length)
        const bytes = new Uint8Array(length)
        await readFully(file, bytes, position)
        return bytes
      },
    }
    const { wholeEnd, error } = size === 0 ? { wholeEnd: 0, error: undefined } : await findWholeEnd(source)
    if (error && !repair) throw error
    if (wholeEnd < size) await file.truncate(wholeEnd)
    const sink = fileSink(path, file, wholeEnd)
    if (wholeEnd === 0) await sink.write(encodeRecordHeader(RecordType.Version, 0))
    return Object.assign(sink, { removedBytes: size - wholeEnd })
  } catch (error) {
    await file.close()
    throw error
  }
}

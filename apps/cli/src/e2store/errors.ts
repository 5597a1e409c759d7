import { SegmentError } from '@datastreamer/archive'
import { type ContentError, E2StoreError } from '@datastreamer/e2store'
import { StreamError } from '@datastreamer/format'
import { MissingError } from '../errors.ts'

/** What can be done about errors, by their codes. */
const HINTS: Readonly<Record<string, string>> = {
  WRONG_SIGNATURE: '; --no-signatures verifies all else, as of blocks that a test made up',
}

/** An error in a file that was named on the command line. */
export class FileError extends StreamError<string> {
  override readonly name: string = 'FileError'
  readonly file: string
  readonly step: string | undefined
  readonly position: number | undefined
  constructor(file: string, cause: ContentError | E2StoreError | SegmentError) {
    const step = 'step' in cause ? cause.step : undefined
    const isNamed = cause.message.startsWith(`${file} `) || cause.message.startsWith(`${file}: `)
    const where = isNamed ? '' : `${file}: ${step === undefined ? '' : `${step}: `}`
    super(cause.code, `${where}${cause.message} (${cause.code})${HINTS[cause.code] ?? ''}`, { cause })
    this.file = file
    this.step = step
    this.position = 'position' in cause ? cause.position : undefined
  }
}

/** An error with the name of the file that it is about. */
export function inFile(path: string, error: unknown): unknown {
  return error instanceof E2StoreError || error instanceof SegmentError ? new FileError(path, error) : error
}

/** A system error about a file that was named; a clear one if it does not exist. */
export function ofAbsent(path: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ELOOP') {
    return new MissingError('NOT_FOUND', `${path}: its symbolic links lead in a circle`, { cause: error })
  }
  if (code !== 'ENOENT' && code !== 'ENOTDIR') return error
  return new MissingError('NOT_FOUND', `${path || 'an empty path'}: there is no such file`, { cause: error })
}

/** A file is well-formed, but could not be verified as requested. */
export class NotVerifiedError extends StreamError<'NOT_LISTED' | 'WRONG_CHECKSUM' | 'NOT_FULLY'> {
  override readonly name: string = 'NotVerifiedError'
}

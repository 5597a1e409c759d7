import { basename, extname } from 'node:path'
import {
  type ByteSource,
  type ContentError,
  E2FormatError,
  E2StoreError,
  type FileKind,
  identifyFile,
} from '@datastreamer/e2store'
import { openFile } from '@datastreamer/e2store/node'
import { StreamError } from '@datastreamer/format'
import { ArchiveFile } from '../archive/archive-file.ts'
import { ArchiveError } from '../archive/errors.ts'

/** What a file is: `e2ds` is an archive of a data stream. */
export type E2Kind = FileKind | 'e2ds'

/** A file that was opened, and what it is. */
export interface E2File {
  /** As it was named. */
  readonly path: string
  /** Without its folder. */
  readonly name: string
  readonly source: ByteSource
  readonly kind: E2Kind
}

/** Something is wrong with a file that was named on the command line. */
export class FileError extends StreamError<string> {
  readonly file: string
  readonly step: string | undefined
  readonly position: number | undefined
  constructor(file: string, cause: ContentError | E2StoreError | ArchiveError) {
    const step = 'step' in cause ? cause.step : undefined
    super(cause.code, `${file}: ${step === undefined ? '' : `${step}: `}${cause.message} (${cause.code})`, { cause })
    this.file = file
    this.step = step
    this.position = 'position' in cause ? cause.position : undefined
  }
}

/** An error with the name of the file that it is about. */
export function inFile(path: string, error: unknown): unknown {
  return error instanceof E2StoreError || error instanceof ArchiveError ? new FileError(path, error) : error
}

/** Open a file, see what it is, and close it when it was used. @throws {FileError} */
export async function withFile<T>(path: string, use: (file: E2File) => Promise<T>): Promise<T> {
  try {
    await using source = await openFile(path)
    return await use({ path, name: basename(path), source, kind: await kindOf(source, path) })
  } catch (error) {
    throw inFile(path, error)
  }
}

const KINDS: Readonly<Record<string, E2Kind>> = {
  '.e2s': 'e2s',
  '.e2i': 'e2i',
  '.era': 'era',
  '.era1': 'era1',
  '.ere': 'ere',
  '.erae': 'ere',
  '.e2hs': 'e2hs',
  '.e2ss': 'e2ss',
  '.e2ds': 'e2ds',
}

/**
 * What a file is by its content. One that is of no more special kind, or cannot be told, counts as what its name says:
 * so a damaged one is not taken for whole.
 */
async function kindOf(source: ByteSource, path: string): Promise<E2Kind> {
  const named = KINDS[extname(path).toLowerCase()]
  if (await ArchiveFile.looksLikeOne(source)) return 'e2ds'
  try {
    const found = await identifyFile(source)
    return found === 'e2s' ? (named ?? found) : found
  } catch (error) {
    if (error instanceof E2FormatError && named !== undefined && named !== 'e2i') return named
    throw error
  }
}

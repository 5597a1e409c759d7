import { basename, extname } from 'node:path'
import { isSegment } from '@datastreamer/archive'
import { type ByteSource, E2FormatError, type FileKind, identifyFile } from '@datastreamer/e2store'
import { type FileSource, openFile } from '@datastreamer/e2store/node'
import type { Command } from 'commander'
import { refuseStream } from '../source/other-family.ts'
import { inFile, ofAbsent } from './errors.ts'

/** What a file is: `e2ds` is a segment of an archived data stream. */
export type E2Kind = FileKind | 'e2ds'

/** How to read files that deviate from the format in known ways. */
export interface ReadingOptions {
  /** Read the reserved field of records as part of their length. */
  readonly legacyLength48?: boolean
  /** Read offsets of slots that were truncated to 48 bits. */
  readonly signExtend48?: boolean
}

/** An open file and its kind. */
export interface E2File {
  /** As it was named. */
  readonly path: string
  /** Without its folder. */
  readonly name: string
  readonly source: ByteSource
  readonly kind: E2Kind
  readonly reading: ReadingOptions
}

/** Open a file whose reads fail once `signal` is aborted. @throws {WrongFileError} @throws {MissingError} */
export async function openInput(path: string, signal: AbortSignal): Promise<FileSource> {
  refuseStream(path)
  const file = await openFile(path).catch((error: unknown) => {
    throw ofAbsent(path, error)
  })
  const { readInto } = file
  return {
    ...file,
    async read(position, length) {
      signal.throwIfAborted()
      return file.read(position, length)
    },
    ...(readInto && {
      async readInto(position: number, target: Uint8Array) {
        signal.throwIfAborted()
        await readInto(position, target)
      },
    }),
  }
}

/** Open a file, identify it, use it, and close it. @throws {FileError} */
export async function withFile<T>(
  path: string,
  signal: AbortSignal,
  use: (file: E2File) => Promise<T>,
  { legacyLength48 = false, signExtend48 = false }: ReadingOptions = {},
): Promise<T> {
  const reading = { legacyLength48, signExtend48 }
  try {
    await using source = await openInput(path, signal)
    return await use({ path, name: basename(path), source, kind: await kindOf(source, path), reading })
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
  '.idx': 'idx',
}

/** Whether files whose names end so are of one of the kinds. @param extension with its dot */
export function isKindName(extension: string): boolean {
  return extension.toLowerCase() in KINDS
}

/**
 * The kind of a file by its content. If that shows no special kind, the name decides, so that a damaged file is not
 * taken for a valid one of a more general kind.
 */
async function kindOf(source: ByteSource, path: string): Promise<E2Kind> {
  const named = KINDS[extname(path).toLowerCase()]
  if (await isSegment(source)) return 'e2ds'
  try {
    const found = await identifyFile(source)
    return found === 'e2s' ? (named ?? found) : found
  } catch (error) {
    if (error instanceof E2FormatError && named !== undefined && named !== 'e2i') return named
    throw error
  }
}

/** Add the options for files that deviate from the format to a command. */
export function takesReading(command: Command): Command {
  return command
    .option('--legacy-length48', 'read the reserved field of records as part of their length, as before 2023')
    .option('--sign-extend48', 'of an .era: read offsets that one writer truncated to 48 bits')
}

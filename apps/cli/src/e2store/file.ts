import { extname } from 'node:path'
import { isSegment } from '@datastreamer/archive'
import { type ByteRange, type ByteSource, E2FormatError, type FileKind, identifyFile } from '@datastreamer/e2store'
import { shownAddress } from '@datastreamer/e2store/location'
import { openFile } from '@datastreamer/e2store/node'
import type { Command } from 'commander'
import { refuseStream } from '../source/other-family.ts'
import { inFile, ofAbsent } from './errors.ts'
import { isAddress, lastName, localPath, openAddress } from './remote-file.ts'

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
  /** As it was named, without credentials. */
  readonly path: string
  /** Without its folder. */
  readonly name: string
  readonly source: ByteSource
  readonly kind: E2Kind
  readonly reading: ReadingOptions
}

/** An open file, of this machine or of a server. */
export type InputSource = ByteSource & AsyncDisposable

/**
 * Open a file, by its path or address, whose reads fail once `signal` is aborted.
 *
 * @throws {WrongFileError} @throws {MissingError} @throws {LocationError}
 */
export async function openInput(path: string, signal: AbortSignal): Promise<InputSource> {
  if (isAddress(path)) return interruptible(await openAddress(path, signal), signal)
  const local = localPath(path)
  refuseStream(local)
  const file = await openFile(local).catch((error: unknown) => {
    throw ofAbsent(path, error)
  })
  return interruptible(file, signal)
}

function interruptible(file: InputSource, signal: AbortSignal): InputSource {
  return {
    size: file.size,
    read(position, length) {
      signal.throwIfAborted()
      return file.read(position, length)
    },
    ...(file.readInto && {
      async readInto(position: number, target: Uint8Array) {
        signal.throwIfAborted()
        await file.readInto?.(position, target)
      },
    }),
    ...(file.peek && { peek: (position: number, length: number) => file.peek?.(position, length) }),
    ...(file.willRead && { willRead: (ranges: readonly ByteRange[]) => file.willRead?.(ranges) }),
    [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
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
  const shown = shownAddress(path)
  const name = lastName(path)
  try {
    await using source = await openInput(path, signal)
    return await use({ path: shown, name, source, kind: await kindOf(source, name), reading })
  } catch (error) {
    throw inFile(shown, error)
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
async function kindOf(source: ByteSource, name: string): Promise<E2Kind> {
  const named = KINDS[extname(name).toLowerCase()]
  if (await isSegment(source)) return 'e2ds'
  try {
    const found = await identifyFile(source)
    return found === 'e2s' ? (named ?? found) : found
  } catch (error) {
    // What does not begin as every e2store file does is of no kind, whatever its name is.
    if (!(error instanceof E2FormatError) || error.code === 'NO_VERSION') throw error
    if (named !== undefined && named !== 'e2i') return named
    throw error
  }
}

/** Add the options for files that deviate from the format to a command. */
export function takesReading(command: Command): Command {
  return command
    .option('--legacy-length48', 'read the reserved field of records as part of their length, as before 2023')
    .option('--sign-extend48', 'of an .era: read offsets that one writer truncated to 48 bits')
}

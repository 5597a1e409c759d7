import { rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { E2StoreError, VerificationError } from '../../errors.ts'
import type { BlockArchive } from '../../execution/archive/archive.ts'
import { executionArchiveNameOf } from '../../execution/archive/archive-name.ts'
import type { ArchiveKind } from '../../execution/archive/layout.ts'
import { type ConvertArchiveOptions, convertArchive, identityAfter } from '../../execution/convert/convert-archive.ts'
import { openE2hs } from '../../execution/e2hs/open.ts'
import { openEra1 } from '../../execution/era1/open.ts'
import { openEre } from '../../execution/ere/open.ts'
import { formatExecutionArchiveName, parseExecutionArchiveName } from '../../execution/names.ts'
import { verifyArchive } from '../../execution/verify/verify.ts'
import { identifyFile } from '../../identify.ts'
import type { ByteSource } from '../../io/byte-source.ts'
import { createFile } from '../../node/file-sink.ts'
import { openFile } from '../../node/file-source.ts'
import { renameOnly } from '../../node/rename-only.ts'
import { MirrorError } from '../errors.ts'

export interface ConvertFileOptions extends ConvertArchiveOptions {
  /** Name of the network in the new name (default: as in the name of the file). */
  readonly network?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** What came of converting a file: the new one's path, and whether it was there before. */
export interface ConvertedFile {
  readonly path: string
  readonly wasThere: boolean
}

/**
 * Convert a file of execution blocks into a file of another kind or profile, which is named by its content. The file is
 * verified before, with its name, and the new one after it was written, before it gets its name. Nothing is replaced.
 *
 * @param out folder for the new file
 * @throws {ConversionError} @throws {E2FormatError} @throws {VerificationError}
 * @throws {MirrorError} `NO_NETWORK`; `NOT_OURS`: something else has the name of the new file
 */
export async function convertFile(
  path: string,
  to: ArchiveKind,
  out: string,
  options: ConvertFileOptions = {},
): Promise<ConvertedFile> {
  const { signal } = options
  const name = basename(path)
  const parsed = parseExecutionArchiveName(name)
  const network = options.network ?? parsed?.network
  await using source = await openFile(path)
  const archive = await openAny(source, options, parsed?.kind)
  if (network === undefined) {
    throw new MirrorError('NO_NETWORK', `${path}: its name does not show its network, which has to be named`)
  }
  const known = await identityAfter(archive, to, options)
  const foreseen = known && join(out, formatExecutionArchiveName({ ...known, network }))
  if (foreseen !== undefined && (await stat(foreseen).catch(() => undefined)) !== undefined) {
    await checkThere(foreseen, options)
    return { path: foreseen, wasThere: true }
  }
  await verifyArchive(archive, { ...(parsed && { name }), ...(signal && { signal }) })
  const working = join(out, `${name}.converting`)
  const target = await write(archive, to, working, { ...options, network })
  const result = join(out, target)
  try {
    await check(working, target, options)
    const wasThere = !(await renameIfNew(working, result))
    if (wasThere) await checkThere(result, options)
    return { path: result, wasThere }
  } finally {
    await rm(working, { force: true })
  }
}

/** Write the new file, under a working name. @returns the name that it is to have */
async function write(
  archive: BlockArchive,
  to: ArchiveKind,
  working: string,
  { network, ...options }: ConvertFileOptions & { readonly network: string },
): Promise<string> {
  await using file = await createFile(working, { replace: true })
  const { identity } = await convertArchive(archive, to, file, options)
  await file.commit()
  return formatExecutionArchiveName({ ...identity, network })
}

/** @throws {VerificationError} @throws {E2FormatError} */
async function check(path: string, name: string, options: ConvertFileOptions): Promise<void> {
  await using source = await openFile(path)
  const archive = await openAny(source, options)
  const { signal } = options
  const expected = await executionArchiveNameOf(archive, parseExecutionArchiveName(name)?.network ?? '')
  if (expected !== name) throw new VerificationError('WRONG_NAME', `${name} was written, it is ${expected}`, 0)
  await verifyArchive(archive, { name, ...(signal && { signal }) })
}

/** What has the name of the new file must be such a file. @throws {MirrorError} `NOT_OURS` */
async function checkThere(path: string, options: ConvertFileOptions): Promise<void> {
  try {
    await check(path, basename(path), options)
  } catch (cause) {
    options.signal?.throwIfAborted()
    if (!(cause instanceof E2StoreError)) throw cause
    throw new MirrorError('NOT_OURS', `${path} is there, and is not what it would become: ${cause.message}`, { cause })
  }
}

/** Open a file by its content, or, if that shows no special kind, by its name, so that the error says what is missing. */
async function openAny(
  source: ByteSource,
  { codec, blocks }: ConvertArchiveOptions,
  named?: ArchiveKind,
): Promise<BlockArchive> {
  const options = codec === undefined ? {} : { codec }
  const found = await identifyFile(source)
  const kind = found === 'e2s' ? (named ?? found) : found
  if (kind === 'era1') return openEra1(source, options)
  if (kind === 'ere') return openEre(source, options)
  if (kind === 'e2hs') return openE2hs(source, blocks === undefined ? options : { ...options, blocks })
  throw new MirrorError('NO_BLOCKS', `an .${kind} file has no execution blocks, expected .era1, .ere or .e2hs`)
}

/** Whether the file got the name: not if a file has it. */
async function renameIfNew(from: string, to: string): Promise<boolean> {
  if ((await stat(to).catch(() => undefined)) !== undefined) return false
  return renameOnly(from, to).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
      return false
    },
  )
}

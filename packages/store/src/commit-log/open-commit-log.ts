import { basename, dirname, extname, join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { Disk, DiskFile } from '../disk/disk.ts'
import { RefusedError } from '../disk/errors.ts'
import type { CommitPoint } from '../log/commit-point.ts'
import { beside, commitLogPath } from '../log/paths.ts'
import { CommitLog } from './commit-log.ts'
import { storedChecksum } from './commit-record.ts'

/** Identifies the stream of a commit log among those whose names differ only in the extension: u32, not 0. */
function ownerOf(path: string): number {
  return storedChecksum(crc32(extname(basename(path))))
}

/** A stream file beside which a commit log is opened. */
export interface OpenStream {
  /** The file, if it is open. */
  readonly file?: DiskFile | undefined
  /** Where it begins (default: with entry 0), and how many records are before that, if it says so. */
  readonly base?: (CommitPoint & { readonly records?: number }) | undefined
}

/**
 * Open the commit log of a stream.
 *
 * @param path of the stream file
 * @throws {RefusedError} `IN_THE_WAY` if it belongs to another stream. docs/spec/commit-log.md §1
 * @throws {DamageError} `BAD_MAGIC` if it is not a commit log
 */
export async function openCommitLog(
  disk: Disk,
  path: string,
  mode: 'read' | 'write' | 'create',
  stream: OpenStream,
): Promise<CommitLog> {
  const commitLog = await CommitLog.open(disk, commitLogPath(path), mode, ownerOf(path))
  try {
    const owner = await otherOwner(disk, path, commitLog, stream.file)
    if (owner === undefined) {
      const { base } = stream
      if (base !== undefined) await commitLog.beginAt(base, base.records)
      return commitLog
    }
    const free = beside(path, `-2${extname(path)}`)
    throw new RefusedError(
      'IN_THE_WAY',
      `${commitLogPath(path)} is the commit log of ${owner}, not of ${path}: names of streams in one folder must differ in ` +
        `more than the extension, since the files beside them are named without it. Give this one another: mv ${path} ${free}`,
    )
  } catch (error) {
    await commitLog.close()
    throw error
  }
}

/** @throws as {@link openCommitLog}, if there is a commit log */
export async function mustOwnCommitLog(disk: Disk, path: string, file?: DiskFile): Promise<void> {
  if (await disk.exists(commitLogPath(path))) await (await openCommitLog(disk, path, 'read', { file })).close()
}

/**
 * The other stream that a commit log belongs to, if that exists. If it does not, it was renamed to another extension, and its
 * commit log with it.
 */
async function otherOwner(
  disk: Disk,
  path: string,
  { checkpoint }: CommitLog,
  file: DiskFile | undefined,
): Promise<string | undefined> {
  const found = checkpoint?.owner ?? 0
  if (found === 0 || found === ownerOf(path)) return undefined
  const isOwner = (name: string): boolean => ownerOf(name) === found && beside(name, '') === beside(basename(path), '')
  for (const name of (await disk.namesBeside(path)).filter(isOwner)) {
    const owner = join(dirname(path), name)
    // Another name of the same stream is not another owner, nor is a folder.
    if ((await file?.isAt(owner)) !== true && (await isFile(disk, owner))) return owner
  }
  return undefined
}

/** Whether it is a file, or may be one: a dangling link, or what cannot be read. */
async function isFile(disk: Disk, path: string): Promise<boolean> {
  try {
    await (await disk.open(path, 'read')).close()
    return true
  } catch (error) {
    return !(error instanceof RefusedError && error.code === 'NOT_A_FILE')
  }
}

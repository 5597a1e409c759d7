import type { Header } from '@datastreamer/format'
import { bookmarkFolder } from '../bookmarks/bookmark-folder.ts'
import { claimFolder, hasLevel } from '../bookmarks/level-folder.ts'
import { openLevelIndex } from '../bookmarks/level-index.ts'
import { indexLog } from '../bookmarks/scan.ts'
import type { Disk, DiskFile } from '../disk/disk.ts'
import { nodeDisk } from '../disk/node-disk.ts'
import { samePoint } from '../log/commit-point.ts'
import { PageBuffers } from '../log/page-buffers.ts'
import { StreamLog } from '../log/stream-log.ts'
import { CommitLog } from '../store/commit-log.ts'
import { openLocked } from '../store/open-locked.ts'
import { checkName, commitLogPath } from '../store/paths.ts'
import { readHeader } from '../store/stream-file.ts'
import { RecoveryError } from './errors.ts'

export interface RecoverOptions {
  readonly disk?: Disk | undefined
  /** 16 bytes (default `polygonDATSTREAM`). */
  readonly magic?: Uint8Array | undefined
}

/** A stream file for which something was planned. */
export interface PlannedFile {
  readonly file: string
  readonly header: Header
}

/** The file of a plan, which nobody else writes. */
export interface OpenedFile {
  readonly disk: Disk
  readonly file: DiskFile
  readonly header: Header
}

/**
 * Do what was planned for a file while nobody else writes it.
 *
 * @throws {RecoveryError} `FILE_CHANGED` if the file is not what it was when the plan was made
 * @throws {LockedError} if someone writes the file
 */
export async function asPlanned<T>(
  plan: PlannedFile,
  { disk = nodeDisk, magic }: RecoverOptions,
  work: (opened: OpenedFile) => Promise<T>,
): Promise<T> {
  checkName(plan.file)
  const { file } = await openLocked(disk, plan.file, 'write')
  try {
    const header = await readHeader(file, plan.file, { magic })
    checkUnchanged(plan, header)
    await mustBeFree(bookmarkFolder(plan.file))
    return await work({ disk, file, header })
  } finally {
    await file.close()
  }
}

/** A stream that differs only in its extension has the same index and commit log. @throws {LockedError} if it is served */
async function mustBeFree(folder: string): Promise<void> {
  if (await hasLevel(folder)) await (await claimFolder(folder, false)).release()
}

/** @throws {RecoveryError} `FILE_CHANGED` */
export function checkUnchanged({ file, header }: PlannedFile, found: Header): void {
  if (samePoint(header, found)) return
  throw new RecoveryError('FILE_CHANGED', `${file} has changed since the recovery was planned; plan it again`)
}

/** Do something with the commit log of a file, if it has one. */
export async function withCommitLog<T>(
  disk: Disk,
  path: string,
  work: (commitLog: CommitLog) => Promise<T>,
): Promise<T | undefined> {
  if (!(await disk.exists(commitLogPath(path)))) return undefined
  const commitLog = await CommitLog.open(disk, commitLogPath(path), 'write')
  try {
    return await work(commitLog)
  } finally {
    await commitLog.close()
  }
}

/** Make the bookmark index anew from what the file holds. @returns the number of bookmarks */
export async function indexAnew(file: DiskFile, path: string, header: Header): Promise<number> {
  const index = await openLevelIndex({ folder: bookmarkFolder(path), createIfMissing: true, fresh: true })
  try {
    const { bookmarks } = await indexLog(new StreamLog({ file, path, header, buffers: new PageBuffers() }), index)
    await index.finish()
    return bookmarks
  } finally {
    await index.close()
  }
}

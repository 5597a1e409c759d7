import type { Header } from '@datastreamer/format'
import { bookmarkFolder } from '../bookmarks/bookmark-folder.ts'
import { claimFolder, type FolderClaim, hasLevel } from '../bookmarks/level-folder.ts'
import { openLevelIndex } from '../bookmarks/level-index.ts'
import { indexLog } from '../bookmarks/scan.ts'
import type { CommitLog } from '../commit-log/commit-log.ts'
import { mustOwnCommitLog, openCommitLog } from '../commit-log/open-commit-log.ts'
import type { Disk, DiskFile } from '../disk/disk.ts'
import { nodeDisk } from '../disk/node-disk.ts'
import { openLocked } from '../disk/open-locked.ts'
import type { StoredBase } from '../log/base.ts'
import { samePoint } from '../log/commit-point.ts'
import { readHeaderPage } from '../log/header-page.ts'
import { PageBuffers } from '../log/page-buffers.ts'
import { checkName, commitLogPath } from '../log/paths.ts'
import { StreamLog } from '../log/stream-log.ts'
import { RecoveryError } from './errors.ts'

export interface RecoverOptions {
  readonly disk?: Disk | undefined
  /** 16 bytes (default `polygonDATSTREAM`). */
  readonly magic?: Uint8Array | undefined
}

/** A stream file that a plan is for. */
export interface PlannedFile {
  readonly file: string
  readonly header: Header
}

/** The file of a plan, locked against other writers. */
export interface OpenedFile {
  readonly disk: Disk
  readonly file: DiskFile
  readonly header: Header
  /** Where it begins. */
  readonly base: StoredBase
  /** The lock of its bookmark index, if it has one. */
  readonly indexClaim: FolderClaim | undefined
}

/**
 * Do planned work on a file that is locked against other writers.
 *
 * @throws {RecoveryError} `FILE_CHANGED` if the file has changed since it was planned
 * @throws {LockedError} if another store has the file open
 */
export async function asPlanned<T>(
  plan: PlannedFile,
  { disk = nodeDisk, magic }: RecoverOptions,
  work: (opened: OpenedFile) => Promise<T>,
): Promise<T> {
  checkName(plan.file)
  const { file } = await openLocked(disk, plan.file, 'write')
  try {
    const { header, base } = await readHeaderPage(file, plan.file, { magic })
    checkUnchanged(plan, header)
    // A stream whose name differs only in its extension has the same index and commit log.
    const folder = bookmarkFolder(plan.file)
    const indexClaim = (await hasLevel(folder)) ? await claimFolder(folder, false) : undefined
    try {
      await mustOwnCommitLog(disk, plan.file, file)
      return await work({ disk, file, header, base, indexClaim })
    } finally {
      await indexClaim?.release()
    }
  } finally {
    await file.close()
  }
}

/** @throws {RecoveryError} `FILE_CHANGED` */
export function checkUnchanged({ file, header }: PlannedFile, found: Header): void {
  if (samePoint(header, found)) return
  throw new RecoveryError('FILE_CHANGED', `${file} has changed since the recovery was planned; plan it again`)
}

/** Do work with the commit log of a file, if it has one. */
export async function withCommitLog<T>(
  { disk, file, base }: OpenedFile,
  path: string,
  work: (commitLog: CommitLog) => Promise<T>,
): Promise<T | undefined> {
  if (!(await disk.exists(commitLogPath(path)))) return undefined
  const commitLog = await openCommitLog(disk, path, 'write', { file, base })
  try {
    return await work(commitLog)
  } finally {
    await commitLog.close()
  }
}

/** Rebuild the bookmark index from the entries of a file. @returns the number of bookmarks */
export async function rebuildIndex({ file, header, base, indexClaim }: OpenedFile, path: string): Promise<number> {
  const folder = bookmarkFolder(path)
  const index = await openLevelIndex({ folder, createIfMissing: true, fresh: true, claim: indexClaim })
  try {
    const { bookmarks } = await indexLog(new StreamLog({ file, path, header, base, buffers: new PageBuffers() }), index)
    await index.finish()
    return bookmarks
  } finally {
    await index.close()
  }
}

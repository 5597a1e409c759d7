import { HEADER_PAGE_BYTES } from '@datastreamer/format'
import { bookmarkFolder } from '../bookmarks/bookmark-folder.ts'
import type { BookmarkIndex } from '../bookmarks/bookmark-index.ts'
import { openLevelIndex } from '../bookmarks/level-index.ts'
import { indexLog } from '../bookmarks/scan.ts'
import { type Disk, type DiskFile, readExactly, writeAll } from '../disk/disk.ts'
import { nodeDisk } from '../disk/node-disk.ts'
import { type CommitPoint, START, samePoint } from '../log/commit-point.ts'
import { PageBuffers } from '../log/page-buffers.ts'
import { StreamLog } from '../log/stream-log.ts'
import { CommitLog } from '../store/commit-log.ts'
import { foreignRecords } from '../store/foreign-records.ts'
import { openLocked } from '../store/open-locked.ts'
import { commitLogPath } from '../store/paths.ts'
import { endOperation } from '../store/recovery.ts'
import { readHeader, WritableFile } from '../store/stream-file.ts'
import { RecoveryError } from './errors.ts'
import type { RecoveryPlan } from './recovery-plan.ts'

export interface RecoverOptions {
  readonly disk?: Disk | undefined
  /** 16 bytes (default `polygonDATSTREAM`). */
  readonly magic?: Uint8Array | undefined
}

/** What recovering a file has done. */
export interface Recovery {
  /** File with the old header page and behind it the bytes that were cut. */
  readonly copy: string
  readonly bookmarks: number
}

const COPY_BYTES = 1_048_576

/**
 * Cut a file back as a plan says, durably: first a copy of the old header page and of what is cut is made beside it,
 * then the header is written, and the commit log and the bookmark index follow.
 *
 * @throws {RecoveryError} `FILE_CHANGED` if the file is not what it was when the plan was made
 * @throws {LockedError} if someone writes the file
 */
export async function recoverStream(plan: RecoveryPlan, options: RecoverOptions = {}): Promise<Recovery> {
  const { disk = nodeDisk, magic } = options
  const { file } = await openLocked(disk, plan.file, 'write')
  try {
    // Made anew from what is left.
    const folder = bookmarkFolder(plan.file)
    const index = await openLevelIndex({ folder, createIfMissing: true, fresh: true })
    try {
      return await recover(plan, { disk, file, magic, index })
    } finally {
      await index.close()
    }
  } finally {
    await file.close()
  }
}

interface Opened {
  readonly disk: Disk
  readonly file: DiskFile
  readonly magic: Uint8Array | undefined
  readonly index: BookmarkIndex
}

async function recover(plan: RecoveryPlan, { disk, file, magic, index }: Opened): Promise<Recovery> {
  const { file: path, to } = plan
  const header = await readHeader(file, path, { magic })
  if (!samePoint(header, plan.header)) {
    throw new RecoveryError('FILE_CHANGED', `${path} has changed since the recovery was planned; plan it again`)
  }
  const copy = await keepCopy(plan, disk, file)
  const writable = new WritableFile(file, header)
  await writable.mend()
  await writable.writeHeader(to)
  await file.sync()
  await cutCommitLog(disk, path, file, to)
  const log = new StreamLog({ file, path, header: { ...header, ...to }, buffers: new PageBuffers() })
  const { bookmarks } = await indexLog(log, index)
  await index.flush({ sync: true })
  return { copy, bookmarks }
}

/** Copy the header page and what will be cut into a new file. */
async function keepCopy({ file: path, to, cutBytes }: RecoveryPlan, disk: Disk, from: DiskFile): Promise<string> {
  const copy = await freeName(disk, `${path}.cut-at-${to.totalLength}`)
  const into = await disk.open(copy, 'create')
  try {
    const headerPage = new Uint8Array(HEADER_PAGE_BYTES)
    headerPage.set(await readExactly(from, 0, Math.min(HEADER_PAGE_BYTES, await from.size())))
    await writeAll(into, [headerPage], 0)
    for (let done = 0; done < cutBytes; done += COPY_BYTES) {
      const bytes = await readExactly(from, to.totalLength + done, Math.min(COPY_BYTES, cutBytes - done))
      await writeAll(into, [bytes], HEADER_PAGE_BYTES + done)
    }
    await into.sync()
  } finally {
    await into.close()
  }
  await disk.syncFolderOf(copy)
  return copy
}

async function freeName(disk: Disk, name: string): Promise<string> {
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? name : `${name}-${n}`
    if (!(await disk.exists(candidate))) return candidate
  }
}

/** Take the commits that were cut out of the commit log, and say that all before them is durable. */
async function cutCommitLog(disk: Disk, path: string, file: DiskFile, to: CommitPoint): Promise<void> {
  if (!(await disk.exists(commitLogPath(path)))) return
  const log = await CommitLog.open(disk, commitLogPath(path), 'write')
  try {
    await log.cutTo((await log.lastUpTo(to)) + 1)
    const end = log.last ?? START
    if (!samePoint(end, to)) await log.append(await foreignRecords(file, end, to))
    else if (log.last !== undefined) await endOperation(log, log.last)
    await log.sync()
    const state = { indexedEntries: to.totalEntries, open: false, everyCommitDurable: true, bootId: '' }
    await log.writeCheckpoint({ totalLength: to.totalLength, totalEntries: to.totalEntries, ...state })
    await log.sync()
  } finally {
    await log.close()
  }
}

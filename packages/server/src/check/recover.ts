import type { DiskFile } from '../disk/disk.ts'
import { type CommitPoint, START, samePoint } from '../log/commit-point.ts'
import type { CommitLog } from '../store/commit-log.ts'
import { endOperation } from '../store/cut-commit-log.ts'
import { foreignRecords } from '../store/foreign-records.ts'
import { WritableFile } from '../store/stream-file.ts'
import { keepCopy } from './kept-copy.ts'
import { asPlanned, indexAnew, type RecoverOptions, withCommitLog } from './planned.ts'
import type { RecoveryPlan } from './recovery-plan.ts'

/** What recovering a file has done. */
export interface Recovery {
  /** File with the old header page and behind it the bytes that were cut. */
  readonly copy: string
  readonly bookmarks: number
}

/**
 * Cut a file back as a plan says, durably: first a copy of the old header page and of what is cut is made beside it,
 * then the header is written, and the commit log and the bookmark index follow.
 *
 * @throws {RecoveryError} `FILE_CHANGED` if the file is not what it was when the plan was made
 * @throws {LockedError} if someone writes the file
 */
export async function recoverStream(plan: RecoveryPlan, options: RecoverOptions = {}): Promise<Recovery> {
  return asPlanned(plan, options, async ({ disk, file, header }) => {
    const { file: path, to, cutBytes } = plan
    const kept = { name: `${path}.cut-at`, position: to.totalLength, length: cutBytes }
    const copy = await keepCopy(kept, disk, file)
    const writable = new WritableFile(file, header)
    await writable.mend()
    await writable.writeHeader(to)
    await file.sync()
    await withCommitLog(disk, path, (commitLog) => cutCommitLog(commitLog, file, to))
    return { copy, bookmarks: await indexAnew(file, path, { ...header, ...to }) }
  })
}

/** Take the commits that were cut out of the commit log, and say that all before them is durable. */
async function cutCommitLog(commitLog: CommitLog, file: DiskFile, to: CommitPoint): Promise<void> {
  await commitLog.cutTo((await commitLog.lastUpTo(to)) + 1)
  const end = commitLog.last ?? START
  if (!samePoint(end, to)) await commitLog.append(await foreignRecords(file, end, to))
  else if (commitLog.last !== undefined) await endOperation(commitLog, commitLog.last)
  await commitLog.sync()
  const state = { indexedEntries: to.totalEntries, open: false, everyCommitDurable: true, bootId: '' }
  await commitLog.writeCheckpoint({ totalLength: to.totalLength, totalEntries: to.totalEntries, ...state })
  await commitLog.sync()
}

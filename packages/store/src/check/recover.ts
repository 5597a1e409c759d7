import type { CommitLog } from '../commit-log/commit-log.ts'
import { recordsUpTo } from '../commit-log/find-record.ts'
import { foreignRecords } from '../commit-log/foreign-records.ts'
import { checksumAtTruncation, truncateCommitLog } from '../commit-log/truncate-commit-log.ts'
import type { DiskFile } from '../disk/disk.ts'
import { type CommitPoint, START, samePoint } from '../log/commit-point.ts'
import { DamageError } from '../log/damage-error.ts'
import { readEnd } from '../log/read-end.ts'
import { WritableFile } from '../log/stream-file.ts'
import { RecoveryError } from './errors.ts'
import { keepCopy } from './kept-copy.ts'
import { asPlanned, indexAnew, type RecoverOptions, withCommitLog } from './planned.ts'
import type { RecoveryPlan } from './recovery-plan.ts'

/** What recovering a file has done. */
export interface Recovery {
  /** File with the old header page and behind it the bytes that were removed. */
  readonly copy: string
  readonly bookmarks: number
}

/**
 * Truncate a file as a plan says, durably: first a copy of the old header page and of what is removed is made beside it,
 * then the header is written, and the commit log and the bookmark index follow.
 *
 * @throws {RecoveryError} `FILE_CHANGED` if the file is not what it was when the plan was made
 * @throws {LockedError} if someone writes the file
 */
export async function recoverStream(plan: RecoveryPlan, options: RecoverOptions = {}): Promise<Recovery> {
  return asPlanned(plan, options, async (opened) => {
    const { disk, file, header } = opened
    const { file: path, to, removedBytes } = plan
    await mustEndThere(plan, file)
    const kept = { name: `${path}.removed-at`, position: to.totalLength, length: removedBytes }
    const copy = await keepCopy(kept, disk, file)
    const writable = new WritableFile(file, header)
    await writable.repair()
    // What rots later must not get a checksum that says that it is right.
    const checksum = await withCommitLog(opened, path, (commitLog) =>
      checksumAtTruncation(commitLog, writable, to, true),
    )
    await writable.writeHeader(to)
    await file.sync()
    await withCommitLog(opened, path, (commitLog) => endCommitLog(commitLog, file, to, checksum ?? 0))
    return { copy, bookmarks: await indexAnew({ ...opened, header: { ...header, ...to } }, path) }
  })
}

/** What was planned is of another read: another program may have written the file since, up to the same commit point. */
async function mustEndThere({ file: path, to }: RecoveryPlan, file: DiskFile): Promise<void> {
  // A file may end inside its header page.
  if (samePoint(to, START)) return
  try {
    await readEnd(file, path, to)
  } catch (cause) {
    if (!(cause instanceof DamageError)) throw cause
    const message = `${path} cannot end at byte ${to.totalLength} any more: it has changed since the recovery was planned; plan it again`
    throw new RecoveryError('FILE_CHANGED', message, { cause })
  }
}

/** Take what was removed out of the commit log, and say that all before it is durable. */
async function endCommitLog(commitLog: CommitLog, file: DiskFile, to: CommitPoint, checksum: number): Promise<void> {
  const { count, end, isKnown } = await recordsUpTo(commitLog, to)
  if (count === commitLog.count && isKnown && !samePoint(end, to)) {
    // Nothing of ours was removed: the rest is what another program wrote.
    await commitLog.append(await foreignRecords(file, end, to))
  } else await truncateCommitLog(commitLog, to, checksum)
  await commitLog.sync()
  const state = { indexedEntries: to.totalEntries, open: false, everyCommitDurable: true, bootId: '' }
  await commitLog.writeCheckpoint({ totalLength: to.totalLength, totalEntries: to.totalEntries, ...state })
  await commitLog.sync()
}

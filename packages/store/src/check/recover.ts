import type { CommitLog } from '../commit-log/commit-log.ts'
import { recordsUpTo } from '../commit-log/find-record.ts'
import { foreignRecords } from '../commit-log/foreign-records.ts'
import { checksumAtTruncation, truncateCommitLog } from '../commit-log/truncate-commit-log.ts'
import type { DiskFile } from '../disk/disk.ts'
import { type CommitPoint, samePoint } from '../log/commit-point.ts'
import { DamageError } from '../log/damage-error.ts'
import { readEnd } from '../log/read-end.ts'
import { WritableFile } from '../log/stream-file.ts'
import { RecoveryError } from './errors.ts'
import { keepCopy } from './kept-copy.ts'
import { asPlanned, type RecoverOptions, rebuildIndex, withCommitLog } from './planned.ts'
import type { RecoveryPlan } from './recovery-plan.ts'

/** The result of recovering a file. */
export interface Recovery {
  /** File with the old header page followed by the removed bytes. */
  readonly copy: string
  readonly bookmarks: number
}

/**
 * Truncate a file as planned, durably: first the old header page and the removed bytes are copied to a file beside it, then
 * header, commit log and bookmark index are written.
 *
 * @throws {RecoveryError} `FILE_CHANGED` if the file has changed since it was planned
 * @throws {LockedError} if another store has the file open
 */
export async function recoverStream(plan: RecoveryPlan, options: RecoverOptions = {}): Promise<Recovery> {
  return asPlanned(plan, options, async (opened) => {
    const { disk, file, header, base } = opened
    const { file: path, to, removedBytes } = plan
    await mustEndThere(plan, file, base)
    const kept = { name: `${path}.removed-at`, position: to.totalLength, length: removedBytes }
    const copy = await keepCopy(kept, disk, file)
    const writable = new WritableFile(file, header, base)
    await writable.repair()
    // Computed first: bytes that rot later must not get a checksum that matches them.
    const checksum = await withCommitLog(opened, path, (commitLog) =>
      checksumAtTruncation(commitLog, writable, to, true),
    )
    await writable.writeHeader(to)
    await file.sync()
    await withCommitLog(opened, path, (commitLog) => endCommitLog(commitLog, file, to, checksum ?? 0))
    return { copy, bookmarks: await rebuildIndex({ ...opened, header: { ...header, ...to } }, path) }
  })
}

/** Another program may have written the file since it was planned, up to the same commit point. */
async function mustEndThere({ file: path, to }: RecoveryPlan, file: DiskFile, base: CommitPoint): Promise<void> {
  // A file may end inside its header page.
  if (samePoint(to, base)) return
  try {
    await readEnd(file, path, to, base)
  } catch (cause) {
    if (!(cause instanceof DamageError)) throw cause
    const message = `${path} can no longer end at byte ${to.totalLength}: it has changed since the recovery was planned; plan it again`
    throw new RecoveryError('FILE_CHANGED', message, { cause })
  }
}

/** Truncate the commit log, and write a checkpoint that says that everything before it is durable. */
async function endCommitLog(commitLog: CommitLog, file: DiskFile, to: CommitPoint, checksum: number): Promise<void> {
  const { count, end, isKnown } = await recordsUpTo(commitLog, to)
  if (count === commitLog.count && isKnown && !samePoint(end, to)) {
    // No record was truncated: the rest is what another program wrote.
    await commitLog.append(await foreignRecords(file, end, to))
  } else await truncateCommitLog(commitLog, to, checksum)
  await commitLog.sync()
  const state = { indexedEntries: to.totalEntries, open: false, everyCommitDurable: true, bootId: '' }
  await commitLog.writeCheckpoint({ totalLength: to.totalLength, totalEntries: to.totalEntries, ...state })
  await commitLog.sync()
}

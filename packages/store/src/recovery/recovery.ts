import type { Checkpoint } from '../commit-log/checkpoint.ts'
import { lastRecordUpTo } from '../commit-log/find-record.ts'
import { foreignRecord, foreignRecords } from '../commit-log/foreign-records.ts'
import { truncateCommitLog } from '../commit-log/truncate-commit-log.ts'
import { rewrite } from '../disk/rewrite.ts'
import { type CommitPoint, pointOf, samePoint } from '../log/commit-point.ts'
import { decideEnd } from './decide-end.ts'
import { reconcile } from './reconcile.ts'
import type { RecoveryInput } from './recovery-input.ts'
import { markDamaged } from './unsynced-commits.ts'

/** Where the log ends. */
export interface RecoveredEnd {
  readonly point: CommitPoint
  /** Where another program began to write, if one did since the store was last open. */
  readonly takenOverFrom: CommitPoint | undefined
}

/**
 * Find where the log ends after whatever happened to the file: a clean close, a crash of the process or the machine, or
 * another program that wrote it. Afterwards header and commit log agree, but for what is to be noted by
 * {@link noteTakeOver}. docs/spec/commit-log.md §4.
 *
 * @throws {DamageError} if the header does not fit the entries and no commit log tells what does
 */
export async function recoverEnd(input: RecoveryInput): Promise<RecoveredEnd> {
  const { path, header, onEvent, writable, commitLog } = input
  const { checkpoint } = commitLog
  const found = pointOf(header)
  if (checkpoint?.open === true) await writeAgain(input, checkpoint)
  const { point, reason } = await decideEnd(input, found)
  if (!samePoint(point, found)) {
    await writable.writeHeader(point)
    await writable.file.sync()
    onEvent({ event: 'recovered', file: path, from: found, to: point, reason })
  }
  if (checkpoint?.truncating === true && samePoint(point, checkpoint)) {
    await truncateCommitLog(commitLog, point, checkpoint.truncationChecksum ?? 0)
  }
  const takenOverFrom = await reconcile(input, point)
  if (checkpoint?.open === true) {
    await markDamaged(input, point)
    await writable.writeHeader(point)
  }
  return { point, takenOverFrom }
}

/** Find where the log ends as {@link recoverEnd} does, but write nothing. @throws as that */
export async function findEnd(input: RecoveryInput): Promise<CommitPoint> {
  const { totalLength, totalEntries } = input.header
  return (await decideEnd(input, { totalLength, totalEntries })).point
}

/** Add what another program wrote to the commit log, from where that ends. */
export async function noteTakeOver(
  { commitLog, path, writable, onEvent }: Pick<RecoveryInput, 'commitLog' | 'path' | 'writable' | 'onEvent'>,
  from: CommitPoint,
  point: CommitPoint,
): Promise<void> {
  if (commitLog.count > 0 && commitLog.last === undefined) {
    // What cannot be read there may be ours.
    await commitLog.append([foreignRecord(point, true)])
    return
  }
  await commitLog.append(await foreignRecords(writable.file, from, point))
  onEvent({ event: 'taken-over', file: path, from, to: point })
}

/**
 * Write again what the disk may not have although the machine believes so: after a sync that failed, Linux takes what it
 * could not write for written, and forgets it when memory is short. From now on it is what it is: nothing that is checked
 * becomes another before it is durable.
 */
async function writeAgain({ writable, commitLog, header }: RecoveryInput, from: Checkpoint): Promise<void> {
  // A truncation writes the record of its checkpoint after that.
  await commitLog.writeAgain(Math.max(0, await lastRecordUpTo(commitLog, from)))
  if (from.everyCommitDurable) return
  const size = await writable.file.size()
  const end = Math.min(size, Math.max(header.totalLength, commitLog.last?.totalLength ?? 0))
  await rewrite(writable.file, from.totalLength, end)
}

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
  /** Where another program began to write, if one has since the store was last open. */
  readonly takenOverFrom: CommitPoint | undefined
}

/**
 * Find where the log ends after a clean close, a crash of the process or the machine, or writes of another program.
 * Afterwards header and commit log agree, except for what {@link noteTakeOver} has to add. docs/spec/commit-log.md §4.
 *
 * @throws {DamageError} if the header does not match the entries and no commit log says where they end
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

/** Find where the log ends as {@link recoverEnd} does, without writing. @throws likewise */
export async function findEnd(input: RecoveryInput): Promise<CommitPoint> {
  const { totalLength, totalEntries } = input.header
  return (await decideEnd(input, { totalLength, totalEntries })).point
}

/** Add what another program wrote to the commit log, from its end on. */
export async function noteTakeOver(
  { commitLog, path, writable, onEvent }: Pick<RecoveryInput, 'commitLog' | 'path' | 'writable' | 'onEvent'>,
  from: CommitPoint,
  point: CommitPoint,
): Promise<void> {
  if (commitLog.count > 0 && commitLog.last === undefined) {
    // The last record cannot be read: the bytes may be ours.
    await commitLog.append([foreignRecord(point, true)])
    return
  }
  await commitLog.append(await foreignRecords(writable.file, from, point))
  onEvent({ event: 'taken-over', file: path, from, to: point })
}

/**
 * Write again what may be in the system's cache but not on the disk: after a failed sync, Linux marks pages that it could not
 * write as clean, and drops them when memory is short. From now on what was read stays what it is.
 */
async function writeAgain({ writable, commitLog, header }: RecoveryInput, from: Checkpoint): Promise<void> {
  await writable.writeBaseAgain()
  // A truncation writes the record that ends at its checkpoint after the checkpoint.
  await commitLog.writeAgain(Math.max(0, await lastRecordUpTo(commitLog, from)))
  if (from.everyCommitDurable) return
  const size = await writable.file.size()
  const end = Math.min(size, Math.max(header.totalLength, commitLog.last?.totalLength ?? 0))
  await rewrite(writable.file, from.totalLength, end)
}

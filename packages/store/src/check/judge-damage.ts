import { checksumOfFile } from '../commit-log/checksum-of-file.ts'
import type { CommitLog } from '../commit-log/commit-log.ts'
import type { CommitRecord } from '../commit-log/commit-record.ts'
import { placedRecords } from '../commit-log/placed-records.ts'
import { DamagedRanges } from '../log/damaged-ranges.ts'
import { WritableFile } from '../log/stream-file.ts'
import { coverUnreadable } from './cover-unreadable.ts'
import { RecoveryError } from './errors.ts'
import { asPlanned, type RecoverOptions, rebuildIndex, withCommitLog } from './planned.ts'
import type { RecoveryPlan } from './recovery-plan.ts'

/**
 * Keep a file as it is and mark what is damaged in its commit log, durably: servers and relays send everything else. Bytes
 * whose checksum cannot be read are not marked: they may be right. docs/spec/commit-log.md §6.
 *
 * @throws {RecoveryError} `NOT_WHOLE` if entries cannot be read, `FILE_CHANGED`
 * @throws {LockedError} if another store has the file open
 */
export async function markDamaged(plan: RecoveryPlan, options: RecoverOptions = {}): Promise<void> {
  checkStructure(plan)
  await asPlanned(plan, options, async (opened) => {
    await withCommitLog(opened, plan.file, async (commitLog) => {
      await reviseDamaged(commitLog, plan, async (record) => ({ ...record, isDamaged: true }))
    })
  })
}

/**
 * Accept the bytes of a file as what was committed, durably, if another program has changed entries in place. The bookmark
 * index is rebuilt.
 *
 * @returns the number of bookmarks
 * @throws as {@link markDamaged}
 */
export async function takeOverChanges(plan: RecoveryPlan, options: RecoverOptions = {}): Promise<number> {
  checkStructure(plan)
  return asPlanned(plan, options, async (opened) => {
    const { file, header, base } = opened
    const writable = new WritableFile(file, header, base)
    await writable.repair()
    await withCommitLog(opened, plan.file, async (commitLog) => {
      await reviseDamaged(commitLog, plan, async (record, from) => {
        const checksum = await checksumOfFile(writable, from, record.totalLength)
        return { ...record, checksum, isDamaged: false }
      })
      await coverUnreadable(commitLog, writable, header)
    })
    return rebuildIndex(opened, plan.file)
  })
}

async function reviseDamaged(
  commitLog: CommitLog,
  { damaged }: RecoveryPlan,
  revised: (record: CommitRecord, from: number) => Promise<CommitRecord>,
): Promise<void> {
  const ranges = new DamagedRanges()
  for (const range of damaged) ranges.add(range)
  for await (const { index, from, record } of placedRecords(commitLog)) {
    // Where the checksum cannot be read, the bytes may be right.
    if (record === undefined || !ranges.meets(from.totalLength, record.totalLength)) continue
    await commitLog.revise(index, await revised(record, from.totalLength))
  }
  await commitLog.sync()
  if (commitLog.checkpoint !== undefined) await commitLog.writeCheckpoint(commitLog.checkpoint)
}

function checkStructure({ file, isStructureWhole }: RecoveryPlan): void {
  if (isStructureWhole) return
  throw new RecoveryError('NOT_WHOLE', `${file}: not every entry can be read, so what is damaged cannot stay as it is`)
}

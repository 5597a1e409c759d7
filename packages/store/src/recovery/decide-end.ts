import type { Checkpoint } from '../commit-log/checkpoint.ts'
import { lastRecordUpTo } from '../commit-log/find-record.ts'
import { type CommitPoint, pointOf, samePoint } from '../log/commit-point.ts'
import { readEnd } from '../log/read-end.ts'
import type { RecoveryInput } from './recovery-input.ts'
import { hasLost } from './unsynced-commits.ts'
import { damageAt, isWhole } from './whole-record.ts'

/** Where the log ends, and why. @throws {DamageError} if that cannot be determined */
export async function decideEnd(
  input: RecoveryInput,
  found: CommitPoint,
): Promise<{ point: CommitPoint; reason: string }> {
  const { disk, commitLog } = input
  const { checkpoint } = commitLog
  const damage = await damageAt(input, found)
  const bootId = await disk.bootId()
  const intact = checkpoint === undefined || !checkpoint.open || (bootId !== '' && checkpoint.bootId === bootId)
  if (intact && damage === undefined && !(await hasLost(input, found))) return { point: found, reason: 'intact' }
  if (checkpoint === undefined) throw damage
  if (checkpoint.truncating === true) {
    if (damage === undefined) return { point: found, reason: 'a truncation that was begun or done' }
    // The truncation was never acknowledged, unless the checkpoint after it has rotted: then commits follow it.
    return { point: await checked(input, (await endsFrom(input, checkpoint)).last), reason: damage.message }
  }
  const { points, last } = await endsFrom(input, checkpoint)
  if (points.some((point) => samePoint(point, found))) {
    if (damage !== undefined) throw damage
    return { point: found, reason: 'a commit' }
  }
  // A header of ours would end at a whole commit: everything that it counts was durable before it was written.
  const mustBeWhole = checkpoint.everyCommitDurable || found.totalEntries < checkpoint.totalEntries
  if (damage === undefined && mustBeWhole) return { point: found, reason: 'written by another program' }
  return { point: await checked(input, last), reason: damage?.message ?? 'the header is ahead of the whole commits' }
}

/** @returns the point, if the log can end there @throws {DamageError} if it cannot */
async function checked({ writable, path }: RecoveryInput, point: CommitPoint): Promise<CommitPoint> {
  const { totalLength, totalEntries } = point
  await readEnd(writable.file, path, point, writable.base)
  return { totalLength, totalEntries }
}

/** The points at which the log may end. */
interface Ends {
  /** The checkpoint and the operation boundaries after it. */
  readonly points: readonly CommitPoint[]
  /** The last of them up to which the bytes are whole. */
  readonly last: CommitPoint
}

/**
 * The commits after the checkpoint, up to the first that is not whole. If every commit was durable before its header, also
 * those after that one: either the header does not count it, or it has rotted.
 */
async function endsFrom(input: RecoveryInput, from: Checkpoint): Promise<Ends> {
  const { writable, commitLog } = input
  const size = await writable.file.size()
  let last = pointOf(from)
  const points = [last]
  let length = from.totalLength
  // Unknown after a record that cannot be read.
  let before: CommitPoint | undefined = last
  for (let index = (await lastRecordUpTo(commitLog, from)) + 1; index < commitLog.count; index++) {
    const record = await commitLog.record(index)
    if (record === undefined) {
      if (!from.everyCommitDurable) break
      before = undefined
      continue
    }
    if (record.totalLength < length || record.totalLength > size) break
    if (record.totalLength === length) continue
    const fits = await isWhole(input, record, before)
    if (!fits && !from.everyCommitDurable) break
    const point = pointOf(record)
    length = point.totalLength
    before = point
    if (!record.endsOperation) continue
    points.push(point)
    if (fits) last = point
  }
  return { points, last }
}

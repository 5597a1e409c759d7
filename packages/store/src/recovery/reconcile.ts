import { checksumOfFile } from '../commit-log/checksum-of-file.ts'
import type { CommitLog } from '../commit-log/commit-log.ts'
import { endOf, recordsUpTo, startOf } from '../commit-log/find-record.ts'
import { endOperation } from '../commit-log/truncate-commit-log.ts'
import { type CommitPoint, samePoint } from '../log/commit-point.ts'
import type { RecoveryInput } from './recovery-input.ts'
import { damageAt } from './whole-record.ts'

/**
 * Make the commit log end at `point`: remove records after it, and of bytes that another program has overwritten.
 *
 * @returns where the rest of it ends, if what follows is of another program or unknown
 */
export async function reconcile(input: RecoveryInput, point: CommitPoint): Promise<CommitPoint | undefined> {
  const { commitLog } = input
  const kept = await recordsUpTo(commitLog, point)
  let { count, end } = kept
  // A crash may leave a record whose header was not written. After a clean close a record past the end means that another
  // program has truncated the file and gone on, and what it wrote may end where one of our commits did.
  const mayBeForeign = count < commitLog.count && commitLog.checkpoint?.open !== true
  const hasRotten = !kept.isKnown && isClosedAt(commitLog, point)
  if ((!samePoint(end, point) && !hasRotten) || mayBeForeign) {
    const whole = count - (kept.isKnown ? 0 : 1)
    const stillOurs = await countStillOurs(input, whole, point, kept.isKnown)
    if (stillOurs < whole) {
      count = stillOurs
      end = await endOf(commitLog, count - 1)
    }
  }
  if (count < commitLog.count) await commitLog.truncateTo(count)
  if (!samePoint(end, point)) return end
  await endOperation(commitLog)
  return undefined
}

/**
 * How many of the first `count` records, of which the last is whole, are of bytes that are still ours; the last of those is
 * whole.
 *
 * @param isLast whether no unreadable record follows, with which an operation may end
 */
async function countStillOurs(
  input: RecoveryInput,
  count: number,
  point: CommitPoint,
  isLast: boolean,
): Promise<number> {
  const { first } = input.commitLog.beginning
  let ours = count
  for (let at = count; at > first; at--) {
    const isTrue = await stillTrue(input, at - 1, point, isLast)
    if (isTrue === true) break
    // An unknown one counts as the one before it does.
    if (isTrue === false) ours = at - 1
  }
  if (ours === count && !isLast) return ours
  // An operation of ours without its end counts as written by another program.
  while (ours > first && !(await canBeLast(input, ours - 1, point))) ours--
  return ours
}

/** Whether a store was closed there: bytes that do not match have rotted, and are not of another program. */
function isClosedAt({ checkpoint }: CommitLog, point: CommitPoint): boolean {
  return checkpoint?.open === false && samePoint(checkpoint, point)
}

async function canBeLast({ commitLog }: RecoveryInput, index: number, point: CommitPoint): Promise<boolean> {
  const record = await commitLog.record(index)
  return record !== undefined && (record.endsOperation || record.isForeign || samePoint(record, point))
}

/**
 * Whether the bytes of a record are what was committed. `undefined` if that is unknown: the record or the one before it
 * cannot be read, or it has no checksum and the record that follows cannot be read.
 */
async function stillTrue(
  input: RecoveryInput,
  index: number,
  point: CommitPoint,
  isLast: boolean,
): Promise<boolean | undefined> {
  const { commitLog, writable } = input
  const record = await commitLog.record(index)
  if (record === undefined) return undefined
  if (record.checksum === 0 && (isLast || samePoint(record, point))) return samePoint(record, point)
  if (record.isDamaged) return true
  const from = (await startOf(commitLog, index))?.totalLength
  if (from === undefined || record.checksum === 0)
    return (await damageAt(input, record)) === undefined ? undefined : false
  return from <= record.totalLength && record.checksum === (await checksumOfFile(writable, from, record.totalLength))
}

import { type CommitPoint, pointOf, START, samePoint } from '../log/commit-point.ts'
import { type Beginning, FROM_START } from './beginning.ts'
import { lastRecordUpTo, type Records } from './find-record.ts'

/**
 * Find the first record of a stream file that begins at `base`.
 *
 * @param hint number of records before it, if they are as they were
 */
export async function findBeginning(
  records: Omit<Records, 'beginning'>,
  base: CommitPoint,
  hint: number,
): Promise<Beginning> {
  if (samePoint(base, START)) return FROM_START
  const point = pointOf(base)
  const isThere = async (count: number): Promise<boolean> => {
    const last = count > 0 ? await records.record(count - 1) : undefined
    return last !== undefined && samePoint(last, point)
  }
  if (await isThere(hint)) return { base: point, first: hint, isExact: true }
  const all = {
    count: records.count,
    beginning: FROM_START,
    record: (index: number) => records.record(index),
    records: (index: number, limit: number) => records.records(index, limit),
  }
  const first = (await lastRecordUpTo(all, point)) + 1
  return { base: point, first, isExact: first === 0 || (await isThere(first)) }
}

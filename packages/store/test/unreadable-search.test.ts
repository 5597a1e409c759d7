import { expect, test } from 'vitest'
import { CommitLog } from '../src/commit-log/commit-log.ts'
import { lastBoundaryUpTo, lastRecordUpTo, recordOfByte, recordOfEntry } from '../src/commit-log/find-record.ts'
import { firstRecords, recordOf, spoilRecords } from './sample-records.ts'
import { randomFrom } from './sim/random.ts'
import { SimDisk } from './sim/sim-disk.ts'

// Searches in a commit log work past records that cannot be read.

const PATH = '/log.commits'

/** A reopened commit log, some of whose records cannot be read. */
async function spoilt(count: number, ranges: readonly (readonly [number, number])[]): Promise<CommitLog> {
  const disk = new SimDisk(randomFrom(1))
  const log = await CommitLog.open(disk, PATH, 'create')
  await log.append(firstRecords(count))
  for (const [from, to] of ranges) await spoilRecords(disk, PATH, from, to)
  return CommitLog.open(disk, PATH, 'read')
}

/** Search every position of a log of which the records `whole` can be read. */
async function expectFound(log: CommitLog, whole: readonly number[], places: readonly number[]): Promise<void> {
  for (const at of places) {
    const { totalLength, totalEntries } = recordOf(at)
    const last = whole.filter((index) => index <= at).at(-1) ?? -1
    const end = whole.filter((index) => index <= at && recordOf(index).endsOperation).at(-1) ?? -1
    const next = last + 1 < log.count ? last + 1 : -1
    expect({
      last: await lastRecordUpTo(log, { totalLength, totalEntries }),
      end: await lastBoundaryUpTo(log, totalEntries),
      holdingEntry: await recordOfEntry(log, totalEntries),
      holding: await recordOfByte(log, totalLength),
    }).toEqual({ last, end, holdingEntry: next, holding: next })
  }
}

test('whichever records of a short log cannot be read', async () => {
  const count = 7
  const all = Array.from({ length: count }, (_, index) => index)
  for (let bits = 0; bits < 2 ** count; bits++) {
    const gone = all.filter((index) => (bits & (1 << index)) !== 0)
    const log = await spoilt(
      count,
      gone.map((index) => [index, index] as const),
    )
    const whole = all.filter((index) => !gone.includes(index))
    await expectFound(log, whole, all)
  }
})

test('even if more of them in a row are unreadable than are read at once', async () => {
  const all = Array.from({ length: 4000 }, (_, index) => index)
  for (const [from, to] of [
    [100, 3000],
    [0, 3998],
    [1999, 1999 + 1024],
    [2000, 3999],
  ] as const) {
    const whole = all.filter((index) => index < from || index > to)
    const log = await spoilt(all.length, [[from, to]])
    await expectFound(
      log,
      whole,
      [from - 1, from, 2500, to, to + 1, 3999].filter((at) => at >= 0 && at < 4000),
    )
  }
})

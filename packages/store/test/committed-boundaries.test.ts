import { expect, test } from 'vitest'
import { CommitLog } from '../src/commit-log/commit-log.ts'
import { CommittedBoundaries } from '../src/commit-log/committed-boundaries.ts'
import type { StreamLog } from '../src/log/stream-log.ts'
import { recordOf, spoilRecords } from './sample-records.ts'
import { randomFrom } from './sim/random.ts'
import { SimDisk } from './sim/sim-disk.ts'

const PATH = '/log.commits'

/** The boundaries of a log of eight entries with a record for each operation of two, and some changes. */
async function endsOf({
  foreign = [],
  unreadable = [],
  records = 4,
}: Partial<Record<'foreign' | 'unreadable', number[]>> & { records?: number }) {
  const disk = new SimDisk(randomFrom(1))
  const written = await CommitLog.open(disk, PATH, 'create')
  for (let index = 0; index < records; index++) {
    await written.append([{ ...recordOf(index), endsOperation: true, isForeign: foreign.includes(index) }])
  }
  for (const index of unreadable) await spoilRecords(disk, PATH, index)
  const log = { header: { totalEntries: 8n } } as StreamLog
  const ends = new CommittedBoundaries(log, await CommitLog.open(disk, PATH, 'read'))
  const numbers = Array.from({ length: 11 }, (_, number) => number)
  return {
    last: await Promise.all(numbers.map((number) => ends.lastUpTo(number))),
    known: await Promise.all(numbers.map((number) => ends.isKnownAt(number))),
  }
}

const yes = (count: number): boolean[] => Array<boolean>(count).fill(true)
const no = (count: number): boolean[] => Array<boolean>(count).fill(false)

test('operations end where the records say', async () => {
  expect(await endsOf({})).toEqual({ last: [0, 0, 2, 2, 4, 4, 6, 6, 8, 8, 8], known: yes(11) })
})

test('an operation that is not committed has no end', async () => {
  expect(await endsOf({ records: 5 })).toMatchObject({ last: [0, 0, 2, 2, 4, 4, 6, 6, 8, 8, 8] })
})

test('no boundary is known inside what another program wrote', async () => {
  const { known } = await endsOf({ foreign: [0, 2] })
  expect(known).toEqual([...no(2), ...yes(2), ...no(2), ...yes(5)])
})

test('an operation ends at the commit point, though the last record cannot be read', async () => {
  const { last, known } = await endsOf({ unreadable: [1, 3] })
  expect(last).toEqual([0, 0, 2, 2, 2, 2, 6, 6, 8, 8, 8])
  // Nothing is known after the last record before one that cannot be read.
  expect(known).toEqual([...yes(2), ...no(4), ...no(5)])
})

import { expect, test } from 'vitest'
import { CommitLog } from '../src/store/commit-log.ts'
import { randomFrom } from './sim/random.ts'
import { SimDisk } from './sim/sim-disk.ts'

const RECORD = { totalLength: 5000, totalEntries: 3n, checksum: 7 }

test('a record is not durable if another sync failed since it was written', async () => {
  const disk = new SimDisk(randomFrom(1))
  const log = await CommitLog.open(disk, '/sim/data-stream.commits', 'create')
  const { syncFailures } = log
  await log.append(RECORD)
  disk.failAt(disk.calls + 1, 'EIO')
  const syncs = await Promise.allSettled([log.sync(), log.sync(syncFailures), log.sync(log.syncFailures)])
  expect(syncs.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
  await log.append(RECORD)
  await log.sync(log.syncFailures)
})

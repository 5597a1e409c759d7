import { expect, test } from 'vitest'
import { CommitLog } from '../src/commit-log/commit-log.ts'
import { type CommitRecord, RECORD_BYTES } from '../src/commit-log/commit-record.ts'
import { lastBoundaryUpTo, lastRecordUpTo, recordOfByte, recordOfEntry } from '../src/commit-log/find-record.ts'
import type { Disk } from '../src/disk/disk.ts'
import type { EntryRange } from '../src/log/entry-range.ts'
import { checkpointAt, recordOf } from './sample-records.ts'
import { randomFrom } from './sim/random.ts'
import { SimDisk } from './sim/sim-disk.ts'

const PATH = '/log.commits'
/** More than are kept in memory. */
const MANY = 5000

test('finds every record, in memory or not, also when it is reopened', async () => {
  const disk = new SimDisk(randomFrom(1))
  const written = await CommitLog.open(disk, PATH, 'create')
  for (let i = 0; i < MANY; i++) await written.append([recordOf(i)])
  for (const log of [written, await CommitLog.open(disk, PATH, 'read')]) {
    expect([log.count, log.last]).toEqual([MANY, recordOf(MANY - 1)])
    for (let i = 0; i < MANY; i++) expect(await log.record(i)).toEqual(recordOf(i))
    expect([await log.record(-1), await log.record(MANY)]).toEqual([undefined, undefined])
    const numbers = [0n, 1n, 2n, 3n, 4n, 6001n, 9999n, 10_000n, 2n ** 40n]
    const lengthAt = (entries: bigint): number => 4096 + 10 * Number(entries)
    const upTo = numbers.map((totalEntries) =>
      lastRecordUpTo(log, { totalLength: lengthAt(totalEntries), totalEntries }),
    )
    expect(await Promise.all(upTo)).toEqual([-1, -1, 0, 0, 1, 2999, 4998, 4999, 4999])
    expect(await lastRecordUpTo(log, { totalLength: lengthAt(6n), totalEntries: 9n })).toBe(2)
    expect(await lastRecordUpTo(log, { totalLength: lengthAt(9n), totalEntries: 6n })).toBe(2)
    const ends = numbers.map((totalEntries) => lastBoundaryUpTo(log, totalEntries))
    expect(await Promise.all(ends)).toEqual([-1, -1, -1, -1, -1, 2999, 4995, 4999, 4999])
    const holders = numbers.map((number) => recordOfEntry(log, number))
    expect(await Promise.all(holders)).toEqual([0, 0, 1, 1, 2, 3000, 4999, -1, -1])
    const { totalLength } = recordOf(MANY - 1)
    const holding = [4096, 4115, 4116, totalLength - 1, totalLength].map((position) => recordOfByte(log, position))
    expect(await Promise.all(holding)).toEqual([0, 0, 1, MANY - 1, -1])
  }
})

test('the newest checkpoint counts, or the one before if it is torn', async () => {
  const disk = new SimDisk(randomFrom(1))
  const log = await CommitLog.open(disk, PATH, 'create')
  for (const [newest, slot] of [
    [1n, 512],
    [2n, 0],
    [3n, 512],
    [4n, 0],
  ] as const) {
    await log.writeCheckpoint(checkpointAt(newest))
    const again = await CommitLog.open(disk, PATH, 'read')
    expect(again.checkpoint).toMatchObject({ sequence: Number(newest), totalEntries: newest })
    if (newest === 1n) continue
    const file = await disk.open(PATH, 'write')
    const whole = new Uint8Array(96)
    await file.read(whole, slot)
    await file.write([new Uint8Array(1)], slot)
    expect((await CommitLog.open(disk, PATH, 'read')).checkpoint?.totalEntries).toBe(newest - 1n)
    await file.write([whole], slot)
  }
})

test('closes the file if it cannot be read', async () => {
  const disk = new SimDisk(randomFrom(1))
  await (await CommitLog.open(disk, PATH, 'create')).close()
  let closed = 0
  const failing = Object.assign(disk, {
    open: async () => ({
      size: () => Promise.reject(new Error('unreadable')),
      close: async () => void closed++,
    }),
  })
  await expect(CommitLog.open(failing as unknown as SimDisk, PATH, 'read')).rejects.toThrow('unreadable')
  expect(closed).toBe(1)
})

test('a record is not durable if another sync failed since it was written', async () => {
  const disk = new SimDisk(randomFrom(1))
  const log = await CommitLog.open(disk, PATH, 'create')
  const { syncFailures } = log
  await log.append([recordOf(0)])
  disk.failAt(disk.calls + 1, 'EIO')
  const syncs = await Promise.allSettled([log.sync(), log.sync(syncFailures), log.sync(log.syncFailures)])
  expect(syncs.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
  await log.append([recordOf(0)])
  await log.sync(log.syncFailures)
})

/** Truncate the file to a number of records. */
async function truncateTo(disk: SimDisk, records: number): Promise<void> {
  await (await disk.open(PATH, 'write')).resize(4096 + records * RECORD_BYTES)
}

/** A commit log of five records, of which the last three are in memory. */
async function fiveRecords(disk: SimDisk): Promise<CommitLog> {
  await (await CommitLog.open(disk, PATH, 'create')).append([0, 1, 2].map(recordOf))
  await disk.syncFolderOf(PATH)
  const log = await CommitLog.open(disk, PATH, 'write')
  await log.append([3, 4].map(recordOf))
  return log
}

async function all(log: CommitLog): Promise<(CommitRecord | undefined)[]> {
  return Promise.all(Array.from({ length: log.count }, (_, index) => log.record(index)))
}

test('records in memory are written again, durably, when the file is reopened, up to the end of the log', async () => {
  for (const [left, end, found] of [
    [5, 4, 5],
    [2, 4, 5],
    [3, 4, 5],
    [3, 2, 3],
    // Those in memory are after the end of the log.
    [2, 1, 2],
    // What is before them is gone too.
    [1, 4, 1],
  ] as const) {
    const disk = new SimDisk(randomFrom(1))
    const log = await fiveRecords(disk)
    await truncateTo(disk, left)
    await log.reopen(disk, PATH, recordOf(end))
    const records = Array.from({ length: found }, (_, index) => recordOf(index))
    expect(await all(log)).toEqual(records)
    expect(log.last).toEqual(records.at(-1))
    if (found > left) disk.powerOff(true)
    expect(await all(await CommitLog.open(disk, PATH, 'read'))).toEqual(records)
  }
})

test('records that cannot be written again stay in memory', async () => {
  // They are written and synced.
  for (let call = 1; call <= 2; call++) {
    const disk = new SimDisk(randomFrom(1))
    const log = await fiveRecords(disk)
    await truncateTo(disk, 2)
    disk.failAt(disk.calls + call, 'EIO')
    await expect(log.reopen(disk, PATH, recordOf(4))).rejects.toThrow('EIO')
    expect([log.count, await log.record(4), await log.record(2)]).toEqual([5, recordOf(4), recordOf(2)])
    await log.reopen(disk, PATH, recordOf(4))
    expect(await all(log)).toEqual([0, 1, 2, 3, 4].map(recordOf))
  }
})

test('an operation boundary is found however many records follow it', async () => {
  const disk = new SimDisk(randomFrom(1))
  const log = await CommitLog.open(disk, PATH, 'create')
  const records = Array.from({ length: 4000 }, (_, index) => ({ ...recordOf(index), endsOperation: index === 7 }))
  await log.append(records)
  expect(log.last).toEqual(records.at(-1))
  for (const [upTo, end] of [
    [3999, 7],
    [2048, 7],
    [8, 7],
    [7, 7],
    [6, -1],
    [0, -1],
  ] as const) {
    expect(await lastBoundaryUpTo(log, recordOf(upTo).totalEntries)).toBe(end)
  }
})

test('reading records while they are truncated returns those that are kept', async () => {
  const disk = new SimDisk(randomFrom(1))
  let whileReading = async (): Promise<void> => {}
  let whileCutting = async (): Promise<void> => {}
  const watched: Disk = {
    open: async (path, mode) => {
      const file = await disk.open(path, mode)
      return Object.assign(Object.create(file) as typeof file, {
        read: async (into: Uint8Array, position: number) => {
          const before = whileReading
          whileReading = async () => {}
          await before()
          return file.read(into, position)
        },
        write: (from: readonly Uint8Array[], position: number) => file.write(from, position),
        size: () => file.size(),
        resize: async (size: number) => {
          await file.resize(size)
          await whileCutting()
        },
      })
    },
  } as Disk
  const log = await CommitLog.open(watched, PATH, 'create')
  await log.append(Array.from({ length: 10 }, (_, index) => recordOf(index)))
  const first = (count: number): CommitRecord[] => Array.from({ length: count }, (_, index) => recordOf(index))

  const duringTruncation: unknown[] = []
  whileCutting = async () => {
    duringTruncation.push(await log.records(0, 10), await log.record(9), await lastBoundaryUpTo(log, 100n))
  }
  await log.truncateTo(8)
  expect(duringTruncation).toEqual([first(8), undefined, 7])

  whileCutting = async () => {}
  whileReading = () => log.truncateTo(3)
  expect(await log.records(0, 8)).toEqual(first(3))
  whileReading = () => log.truncateTo(2)
  expect(await log.record(1)).toEqual(recordOf(1))
  await log.append([recordOf(2)])
  whileReading = () => log.truncateTo(0)
  expect(await log.records(1, 2)).toEqual([])
})

test('damage marks are found when the log is opened after a crash', async () => {
  const disk = new SimDisk(randomFrom(1))
  const log = await CommitLog.open(disk, PATH, 'create')
  await log.append([recordOf(0), recordOf(1)])
  await log.writeCheckpoint(checkpointAt(4n))
  await log.revise(1, { ...recordOf(1), isDamaged: true })
  disk.processKilled()
  const damaged: EntryRange[] = []
  for await (const range of (await CommitLog.open(disk, PATH, 'read')).damaged()) damaged.push(range)
  expect(damaged.map(({ to }) => to.totalEntries)).toEqual([4n])
})

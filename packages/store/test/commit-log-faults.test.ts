import { InternalError } from '@datastreamer/format'
import { expect, test } from 'vitest'
import { CommitLog } from '../src/commit-log/commit-log.ts'
import { RECORD_BYTES } from '../src/commit-log/commit-record.ts'
import type { Disk } from '../src/disk/disk.ts'
import type { EntryRange } from '../src/log/entry-range.ts'
import { checkpointAt, firstRecords, recordOf, spoilRecords } from './sample-records.ts'
import { randomFrom } from './sim/random.ts'
import { SimDisk } from './sim/sim-disk.ts'

// A commit log whose file fails, has lost something, or is not a commit log.

const PATH = '/log.commits'
const SLOTS = [0, 512] as const

async function logOf(disk: SimDisk, records: number): Promise<CommitLog> {
  const log = await CommitLog.open(disk, PATH, 'create')
  if (records > 0) await log.append(firstRecords(records))
  return log
}

async function overwrite(disk: SimDisk, position: number, bytes: Uint8Array): Promise<void> {
  await (await disk.open(PATH, 'write')).write([bytes], position)
}

const spoilSlot = (disk: SimDisk, position: number): Promise<void> =>
  overwrite(disk, position, new Uint8Array(96).fill(0xee))

async function truncateFile(disk: SimDisk, size: number): Promise<void> {
  await (await disk.open(PATH, 'write')).resize(size)
}

async function damagedEnds(log: CommitLog): Promise<[bigint, bigint][]> {
  const ranges: EntryRange[] = []
  for await (const range of log.damaged()) ranges.push(range)
  return ranges.map(({ from, to }) => [from.totalEntries, to.totalEntries])
}

/** A disk that counts reads, and fails chosen ones once. */
function watchedReads(disk: SimDisk) {
  const reads = { count: 0, failing: 0 }
  const open: Disk['open'] = async (path, mode) => {
    const file = await disk.open(path, mode)
    const read: typeof file.read = async (into, position) => {
      reads.count++
      if (reads.failing-- > 0) throw new Error('unreadable')
      return file.read(into, position)
    }
    return { ...file, read }
  }
  return { reads, disk: { open } as Disk }
}

test('reading records fails with the error of the disk', async () => {
  const { reads, disk } = watchedReads(new SimDisk(randomFrom(1)))
  await (await CommitLog.open(disk, PATH, 'create')).append(firstRecords(5))
  const log = await CommitLog.open(disk, PATH, 'read')
  for (const [index, limit] of [
    [0, 2],
    [0, 5],
    [3, 10],
  ] as const) {
    reads.failing = 1
    await expect(log.records(index, limit)).rejects.toThrow('unreadable')
  }
  expect(await log.records(3, 10)).toEqual([recordOf(3), recordOf(4)])
})

test.each([1, 3, 1000, 1500])('memory holds only some of the newest records, added %i at once', async (atOnce) => {
  const { reads, disk } = watchedReads(new SimDisk(randomFrom(1)))
  const log = await CommitLog.open(disk, PATH, 'create')
  while (log.count < 6000) {
    await log.append(Array.from({ length: atOnce }, (_, i) => recordOf(log.count + i)))
    expect(log.last).toEqual(recordOf(log.count - 1))
  }
  reads.count = 0
  for (const index of [log.count - 1, log.count - 1024]) expect(await log.record(index)).toEqual(recordOf(index))
  expect(reads.count).toBe(0)
  for (const index of [0, log.count - 3000]) expect(await log.record(index)).toEqual(recordOf(index))
  expect(reads.count).toBe(2)
})

test('a truncation that fails keeps all records', async () => {
  const disk = new SimDisk(randomFrom(1))
  const log = await logOf(disk, 5)
  disk.failAt(disk.calls + 1, 'EIO')
  await expect(log.truncateTo(2)).rejects.toThrow('EIO')
  expect([log.count, log.last]).toEqual([5, recordOf(4)])
  expect(await log.records(0, 10)).toEqual(firstRecords(5))
  await log.truncateTo(2)
  expect([log.count, log.last]).toEqual([2, recordOf(1)])
  await log.truncateTo(0)
  expect([log.count, log.last]).toEqual([0, undefined])
})

test('damaged ranges are found past records that are unreadable or go back, and searched again the next time', async () => {
  const disk = new SimDisk(randomFrom(1))
  const log = await CommitLog.open(disk, PATH, 'create')
  const goesBack = { ...recordOf(1), isDamaged: true }
  await log.append([...firstRecords(5), ...[5, 6].map(recordOf)])
  await log.overwrite(4, [goesBack])
  await log.writeCheckpoint(checkpointAt(14n))
  for (const index of [1, 3, 5]) await log.revise(index, { ...recordOf(index), isDamaged: true })
  await spoilRecords(disk, PATH, 2)
  for (let life = 0; life < 3; life++) {
    const again = await CommitLog.open(disk, PATH, 'write')
    expect(await damagedEnds(again)).toEqual([
      [2n, 4n],
      [4n, 8n],
      [8n, 12n],
    ])
    await again.writeCheckpoint(checkpointAt(14n))
  }
})

test('a record is revised in memory and in the file, and the last one stays the last', async () => {
  const disk = new SimDisk(randomFrom(1))
  const log = await logOf(disk, 5)
  const revised = { ...recordOf(3), checksum: 77 }
  await log.revise(3, revised)
  const records = firstRecords(5).with(3, revised)
  for (const each of [log, await CommitLog.open(disk, PATH, 'read')]) {
    expect([await each.record(3), await each.records(0, 5), each.last]).toEqual([revised, records, recordOf(4)])
  }
})

test('a checkpoint and records that a failed sync has lost are durable once they are written again', async () => {
  // Nothing of it reaches the platter by chance.
  const disk = new SimDisk({ ...randomFrom(1), chance: () => true })
  const log = await logOf(disk, 1)
  await log.sync()
  await disk.syncFolderOf(PATH)
  // More than are copied at once.
  const count = 50_000
  await log.append(firstRecords(count).slice(1))
  disk.failAt(disk.calls + 2, 'EIO')
  await expect(log.writeCheckpoint(checkpointAt(9n))).rejects.toThrow('EIO')
  disk.processKilled()
  const again = await CommitLog.open(disk, PATH, 'write')
  // The system's cache still has them.
  expect([again.count, again.checkpoint?.totalEntries]).toEqual([count, 9n])
  await again.writeAgain(1)
  await again.sync()
  disk.powerOff(true)
  const durable = await CommitLog.open(disk, PATH, 'read')
  expect(durable.checkpoint?.totalEntries).toBe(9n)
  expect(await durable.records(0, count)).toEqual(firstRecords(count))
})

test('records that are written again are those from the given one on', async () => {
  const disk = new SimDisk(randomFrom(1))
  const count = 1000
  const log = await logOf(disk, count)
  const before = disk.contentOf(PATH)?.copy()
  await log.writeAgain(count - 1)
  const bytes = [before, disk.contentOf(PATH)].map((content) => {
    const all = new Uint8Array(content?.size ?? 0)
    content?.read(all, 0)
    return all
  })
  expect(bytes[1]).toEqual(bytes[0])
})

test('a commit log is whole as long as it has its records and one of its newest checkpoints', async () => {
  const disk = new SimDisk(randomFrom(1))
  const log = await CommitLog.open(disk, PATH, 'create')
  expect(await log.isWhole()).toBe(true)
  await log.append([recordOf(0)])
  expect(await log.isWhole()).toBe(true)
  await log.truncateTo(0)
  await log.writeCheckpoint(checkpointAt(1n))
  await truncateFile(disk, 512 + 96)
  expect(await log.isWhole()).toBe(true)
  await spoilSlot(disk, 512)
  expect(await log.isWhole()).toBe(false)

  const old: Uint8Array[] = []
  for (let sequence = 2; sequence <= 5; sequence++) {
    await log.writeCheckpoint(checkpointAt(1n))
    const slots = new Uint8Array(608)
    disk.contentOf(PATH)?.read(slots, 0)
    old.push(slots)
  }
  await log.append(firstRecords(3))
  expect(await log.isWhole()).toBe(true)
  for (const slot of SLOTS) {
    await spoilSlot(disk, slot)
    // One of the two may have rotted.
    expect(await log.isWhole()).toBe(true)
    await overwrite(disk, 0, old.at(-1) as Uint8Array)
  }
  for (const slot of SLOTS) await spoilSlot(disk, slot)
  expect(await log.isWhole()).toBe(false)
  // An older copy.
  await overwrite(disk, 0, old[1] as Uint8Array)
  expect(await log.isWhole()).toBe(false)
  await overwrite(disk, 0, old.at(-1) as Uint8Array)
  expect(await log.isWhole()).toBe(true)
  await truncateFile(disk, 4096 + 3 * RECORD_BYTES - 1)
  expect(await log.isWhole()).toBe(false)
})

test.each<[string, number[]]>([
  ['another kind of file', [0x6e, 0x6f, 0x6e, 0x65]],
  ['one that begins like a commit log', [0x64, 0x73, 0x63, 0x6d]],
])('%s is not opened', async (_, bytes) => {
  const disk = new SimDisk(randomFrom(1))
  disk.put(PATH, Uint8Array.from(bytes))
  for (const mode of ['read', 'write', 'create'] as const) {
    const opening = CommitLog.open(disk, PATH, mode)
    await expect(opening).rejects.toMatchObject({ code: 'BAD_MAGIC', file: PATH, position: 0 })
  }
})

test.each<[string, Uint8Array]>([
  ['an empty file', new Uint8Array(0)],
  ['zeros', new Uint8Array(8192)],
  ['a first slot that was torn', Uint8Array.of(0x64, 0x73, 0x63, 0x6c, 9, 9, 9)],
  ['a first slot of which less was written', Uint8Array.of(0x64, 0x73, 0, 0, 0)],
])('%s may be what a crash has left of a commit log', async (_, bytes) => {
  const disk = new SimDisk(randomFrom(1))
  disk.put(PATH, bytes)
  expect((await CommitLog.open(disk, PATH, 'write')).checkpoint).toBeUndefined()
})

test('a first slot that has rotted does not make it another kind of file', async () => {
  const disk = new SimDisk(randomFrom(1))
  const log = await CommitLog.open(disk, PATH, 'create')
  for (const entries of [1n, 2n, 3n]) await log.writeCheckpoint(checkpointAt(entries))
  await spoilSlot(disk, 0)
  expect((await CommitLog.open(disk, PATH, 'read')).checkpoint?.totalEntries).toBe(3n)
})

test('a record that does not follow the last one is not written', async () => {
  const disk = new SimDisk(randomFrom(1))
  const log = await logOf(disk, 3)
  await expect(log.append([recordOf(1)])).rejects.toThrow(InternalError)
  await expect(log.append([recordOf(4), recordOf(3)])).rejects.toThrow('invariant broken')
  expect([log.count, log.last]).toEqual([3, recordOf(2)])
  expect((await CommitLog.open(disk, PATH, 'read')).count).toBe(3)
})

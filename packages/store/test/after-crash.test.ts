import { crc32 } from 'node:zlib'
import { encodeEntry, HEADER_PAGE_BYTES, pageStart } from '@datastreamer/format'
import { expect, test } from 'vitest'
import { verifyStream } from '../src/check/verify.ts'
import { CommitLog } from '../src/commit-log/commit-log.ts'
import { RECORD_BYTES, storedChecksum } from '../src/commit-log/commit-record.ts'
import { type Disk, readExactly, writeAll } from '../src/disk/disk.ts'
import { type CommitPoint, pointOf } from '../src/log/commit-point.ts'
import { readHeader } from '../src/log/header-page.ts'
import { commitLogPath } from '../src/log/paths.ts'
import { WritableFile } from '../src/log/stream-file.ts'
import { openStore } from '../src/store/open-store.ts'
import type { StoreOptions } from '../src/store/store-options.ts'
import type { StreamStore } from '../src/store/stream-store.ts'
import type { StoreEvent } from '../src/write/events.ts'
import { writePendingUpdate } from '../src/write/pending-update.ts'
import { drain } from './damaged-files.ts'
import { damagesOf } from './sim/check-store.ts'
import { randomFrom } from './sim/random.ts'
import { readAll } from './sim/read-all.ts'
import { type Frailty, SimDisk } from './sim/sim-disk.ts'
import { SimIndex } from './sim/sim-index.ts'

// States that a store finds when it is opened after a crash, one in each test.

const FILE = '/sim/data-stream.bin'
const COMMITS = commitLogPath(FILE)
/** Bytes of the data of an entry, and of the whole entry. */
const DATA_BYTES = 10_000
const ENTRY_BYTES = 17 + DATA_BYTES
/** An operation that ends on the next page. */
const PAGE_OF_3: Uint8Array = new Uint8Array(120).fill(3)
/** An operation that fills its page. */
const FULL_PAGE: Uint8Array = new Uint8Array(104).fill(1)
/** Commits are not made durable by a timer. */
const INTERVAL = { fsync: 'interval', fsyncIntervalMs: 1_000_000 } as const

function open(disk: Disk, options: Partial<StoreOptions> = {}): Promise<StreamStore> {
  return openStore({ file: FILE, fileCheckMs: 0, disk, index: new SimIndex(), ...options })
}

/** Commit entries of the given bytes. */
async function commit(store: StreamStore, ...bytes: readonly number[]): Promise<void> {
  store.startAtomicOp()
  for (const byte of bytes) store.addStreamEntry(1, new Uint8Array(DATA_BYTES).fill(byte))
  await store.commitAtomicOp()
}

/** The first byte of each entry. */
async function bytesOf({ log }: StreamStore): Promise<number[]> {
  return (await readAll(log)).map(({ data }) => data[0] as number)
}

function positionOf(entry: number): number {
  return HEADER_PAGE_BYTES + entry * ENTRY_BYTES
}

/** Put bytes on the platter. */
async function poke(disk: Disk, path: string, position: number, bytes: Uint8Array): Promise<void> {
  const file = await disk.open(path, 'write')
  await writeAll(file, [bytes], position)
  await file.sync()
}

async function putHeader(disk: Disk, change: (point: CommitPoint) => CommitPoint): Promise<void> {
  const file = await disk.open(FILE, 'write')
  const header = await readHeader(file, FILE, {})
  await new WritableFile(file, header).writeHeader(change(pointOf(header)))
}

/** Tear the header, on the platter too: the new length with the old number of entries. */
async function tearHeader(disk: Disk): Promise<void> {
  await putHeader(disk, (point) => ({ ...point, totalEntries: point.totalEntries - 1n }))
  await syncFile(disk, FILE)
}

async function syncFile(disk: Disk, path: string): Promise<void> {
  await (await disk.open(path, 'write')).sync()
}

/** Make a record of the commit log unreadable. */
async function spoilRecord(disk: Disk, index: number): Promise<void> {
  await poke(disk, COMMITS, 4096 + index * RECORD_BYTES, new Uint8Array(RECORD_BYTES))
}

/** Another program, which ignores the commit log, adds an entry. */
async function appendElsewhere(disk: Disk, byte: number): Promise<void> {
  const { totalEntries } = await readHeader(await disk.open(FILE, 'read'), FILE, {})
  const position = positionOf(Number(totalEntries))
  const file = await disk.open(FILE, 'write')
  await file.resize(Math.max(await file.size(), position + ENTRY_BYTES))
  const entry = encodeEntry({ type: 1, number: totalEntries, data: new Uint8Array(DATA_BYTES).fill(byte) })
  await writeAll(file, [entry], position)
  await putHeader(disk, () => ({ totalLength: position + ENTRY_BYTES, totalEntries: totalEntries + 1n }))
  await file.sync()
}

test.each([0, 0xff])(
  'a commit whose entries are %i ends the log before it, though only the process died',
  async (byte) => {
    const disk = new SimDisk(randomFrom(1))
    const store = await open(disk, INTERVAL)
    await commit(store, 1, 2)
    // Up to the next page: the one in which the log ends is whole.
    await commit(store, ...PAGE_OF_3)
    await commit(store, 4)
    // A failed sync marked them as clean, and memory dropped them.
    await poke(disk, FILE, positionOf(3), new Uint8Array(2 * ENTRY_BYTES).fill(byte))
    disk.processKilled()
    await using again = await open(disk, INTERVAL)
    expect(await bytesOf(again)).toEqual([1, 2])
  },
)

test('if entries are gone after a record that cannot be read, the log ends at the checkpoint', async () => {
  const disk = new SimDisk(randomFrom(1))
  {
    await using store = await open(disk, INTERVAL)
    await commit(store, 1)
  }
  const store = await open(disk, INTERVAL)
  await commit(store, 2)
  await commit(store, ...PAGE_OF_3)
  await commit(store, 4)
  await spoilRecord(disk, 1)
  await poke(disk, FILE, positionOf(3), new Uint8Array(2 * ENTRY_BYTES))
  disk.processKilled()
  await using again = await open(disk, INTERVAL)
  expect(await bytesOf(again)).toEqual([1])
})

test('a commit that has changed is known as damaged, and the next one is kept', async () => {
  const disk = new SimDisk(randomFrom(1))
  const store = await open(disk, INTERVAL)
  await commit(store, 1)
  await commit(store, 2)
  await poke(disk, FILE, positionOf(1) - 1, Uint8Array.of(0xff))
  disk.processKilled()
  await using again = await open(disk, INTERVAL)
  expect(again.getHeader().totalEntries).toBe(2n)
  expect(again.log.damages.all).toMatchObject([{ from: { totalEntries: 0n }, to: { totalEntries: 1n } }])
})

test('records of commits that a failed sync has lost, and only memory has, are written again when a store is opened', async () => {
  for (let seed = 1; seed <= 8; seed++) {
    const disk = new SimDisk(randomFrom(seed))
    const store = await open(disk, INTERVAL)
    await commit(store, 1)
    disk.failAt(disk.calls + 1, 'EIO')
    await expect((await disk.open(COMMITS, 'write')).sync()).rejects.toThrow('EIO')
    disk.processKilled()
    await open(disk, INTERVAL)
    disk.powerOff(true)
    const { last } = await CommitLog.open(disk, COMMITS, 'read')
    expect(last, `seed ${seed}`).toMatchObject({ totalEntries: 1n, isForeign: false })
  }
})

test('with a torn header the log does not end at a commit whose bytes are not whole', async () => {
  const disk = new SimDisk(randomFrom(1))
  const store = await open(disk)
  await commit(store, 1)
  await commit(store, 2)
  await tearHeader(disk)
  await poke(disk, FILE, positionOf(2) - 1, Uint8Array.of(0xff))
  disk.powerOff(true)
  await using again = await open(disk)
  expect(await bytesOf(again)).toEqual([1])
})

test('with a torn header the log does not end inside an operation', async () => {
  const disk = new SimDisk(randomFrom(1))
  const store = await open(disk)
  await commit(store, 1)
  await commit(store, ...PAGE_OF_3)
  await tearHeader(disk)
  await poke(disk, FILE, positionOf(120), Uint8Array.of(0xff))
  disk.powerOff(true)
  await using again = await open(disk)
  expect(await bytesOf(again)).toEqual([1])
})

test('a torn header costs no durable commit right after a record that cannot be read', async () => {
  const disk = new SimDisk(randomFrom(1))
  const store = await open(disk)
  for (const byte of [1, 2, 3]) await commit(store, byte)
  await spoilRecord(disk, 1)
  await tearHeader(disk)
  disk.powerOff(true)
  await using again = await open(disk)
  expect(await bytesOf(again)).toEqual([1, 2, 3])
})

test('with a torn header the log ends before a record that cannot be read, if commits were not durable', async () => {
  const disk = new SimDisk(randomFrom(1))
  const store = await open(disk, INTERVAL)
  for (const byte of [1, 2, 3]) await commit(store, byte)
  for (const path of [FILE, COMMITS]) await syncFile(disk, path)
  await spoilRecord(disk, 1)
  await tearHeader(disk)
  disk.powerOff(true)
  await using again = await open(disk, INTERVAL)
  expect(await bytesOf(again)).toEqual([1])
})

test('a header at the checkpoint counts, though a commit follows', async () => {
  const disk = new SimDisk(randomFrom(1))
  const store = await open(disk, INTERVAL)
  await commit(store, 1)
  await putHeader(disk, () => ({ totalLength: positionOf(0), totalEntries: 0n }))
  for (const path of [FILE, COMMITS]) await syncFile(disk, path)
  disk.powerOff(true)
  await using again = await open(disk, INTERVAL)
  expect(await bytesOf(again)).toEqual([])
})

test('a durable record of bytes past the end of the file is ignored', async () => {
  const disk = new SimDisk(randomFrom(1))
  {
    await using store = await open(disk, INTERVAL)
    await commit(store, ...FULL_PAGE)
  }
  await (await disk.open(FILE, 'write')).resize(pageStart(1))
  await syncFile(disk, FILE)
  const store = await open(disk, INTERVAL)
  await commit(store, 2)
  await syncFile(disk, COMMITS)
  disk.powerOff(true)
  await using again = await open(disk, INTERVAL)
  expect(await bytesOf(again)).toEqual([...FULL_PAGE])
})

test('commits that are only in memory are written again, even after the end in a torn header', async () => {
  for (let seed = 1; seed <= 8; seed++) {
    const disk = new SimDisk(randomFrom(seed))
    const store = await open(disk, INTERVAL)
    await commit(store, 1)
    await commit(store, 2)
    disk.failAt(disk.calls + 1, 'EIO')
    await expect(syncFile(disk, FILE)).rejects.toThrow('EIO')
    await putHeader(disk, (point) => ({ ...point, totalLength: positionOf(1) }))
    disk.processKilled()
    await open(disk, INTERVAL)
    disk.powerOff(true)
    await using again = await open(disk, INTERVAL)
    expect(await bytesOf(again), `seed ${seed}`).toEqual([1, 2])
  }
})

test('with a header past the end of the file the log ends at the last commit', async () => {
  const disk = new SimDisk(randomFrom(1))
  const store = await open(disk, INTERVAL)
  await commit(store, 1)
  await putHeader(disk, (point) => ({ ...point, totalLength: pageStart(500) }))
  disk.processKilled()
  await using again = await open(disk, INTERVAL)
  expect(await bytesOf(again)).toEqual([1])
})

test('a truncation inside a commit that a crash interrupts keeps all or only the rest, with a checksum of it', async () => {
  for (const isHeaderTorn of [false, true]) {
    let crashAt = 0
    let hasEnded = false
    while (!hasEnded) {
      const disk = new SimDisk(randomFrom(1))
      {
        await using store = await open(disk, INTERVAL)
        await commit(store, 1, 2, 3)
      }
      const store = await open(disk, INTERVAL)
      disk.failAt(disk.calls + ++crashAt, 'crash')
      hasEnded = await store.truncateFile(1n).then(
        () => true,
        () => false,
      )
      if (!hasEnded) disk.powerOff(true)
      else disk.processKilled()
      const { totalEntries } = await readHeader(await disk.open(FILE, 'read'), FILE, {})
      if (isHeaderTorn && totalEntries === 1n)
        await putHeader(disk, () => ({ totalLength: positionOf(3), totalEntries: 1n }))
      await using again = await open(disk, INTERVAL)
      const found = await bytesOf(again)
      expect([[1, 2, 3], [1]], `crash at ${crashAt}`).toContainEqual(found)
      if (hasEnded) expect(found).toEqual([1])
      await again.close()
      const { damages, result } = await drain(verifyStream({ file: FILE, disk }))
      expect([damages, result], `crash at ${crashAt}`).toMatchObject([[], { checksums: 1 }])
    }
    expect(crashAt).toBeGreaterThan(5)
  }
})

test.each(['was closed', 'died before the header of the next commit'])(
  'the last commit has rotten bytes, and no other program has written them, where a store %s',
  async (how) => {
    const disk = new SimDisk(randomFrom(1))
    const store = await open(disk)
    await commit(store, 1)
    await commit(store, 2)
    if (how === 'was closed') await store.close()
    else {
      await commit(store, 3)
      await putHeader(disk, () => ({ totalLength: positionOf(2), totalEntries: 2n }))
      disk.processKilled()
    }
    await poke(disk, FILE, positionOf(2) - 1, Uint8Array.of(0xff))
    await (await open(disk)).close()
    const damages = await damagesOf(disk, FILE)
    expect(damages).toMatchObject([{ code: 'BAD_CHECKSUM', range: { to: { totalEntries: 2n } } }])
  },
)

test('what another program has overwritten begins after the last record that matches its bytes', async () => {
  const disk = new SimDisk(randomFrom(1))
  {
    await using store = await open(disk)
    for (const byte of [1, 2, 3, 4]) await commit(store, byte)
  }
  await spoilRecord(disk, 1)
  // The other program has truncated the file after the second entry.
  await putHeader(disk, () => ({ totalLength: positionOf(2), totalEntries: 2n }))
  const file = await disk.open(FILE, 'write')
  const entry = encodeEntry({ type: 1, number: 2n, data: new Uint8Array(3 * DATA_BYTES).fill(9) })
  await writeAll(file, [entry], positionOf(2))
  await putHeader(disk, () => ({ totalLength: positionOf(2) + entry.length, totalEntries: 3n }))
  const events: StoreEvent[] = []
  await using again = await open(disk, { onEvent: (event) => events.push(event) })
  expect(await bytesOf(again)).toEqual([1, 2, 9])
  expect(events).toContainEqual(
    expect.objectContaining({ event: 'taken-over', from: expect.objectContaining({ totalEntries: 1n }) }),
  )
})

test('the records of an operation whose last one cannot be read are kept, and cover its bytes', async () => {
  const sim = new SimDisk(randomFrom(1))
  const died = await open(sim)
  await commit(died, ...PAGE_OF_3)
  sim.processKilled()
  await spoilRecord(sim, 1)
  {
    await using again = await open(sim)
    expect(again.log.header.totalEntries).toBe(BigInt(PAGE_OF_3.length))
  }
  await poke(sim, FILE, positionOf(0) + 40, Uint8Array.of(0xee))
  const damages = await damagesOf(sim, FILE)
  expect(damages.map(({ code }) => code)).toContain('BAD_CHECKSUM')
})

test('bytes that are known to have rotted do not count as written by another program that wrote after them', async () => {
  const disk = new SimDisk(randomFrom(1))
  {
    await using store = await open(disk)
    await commit(store, 1)
    await commit(store, 2)
  }
  await poke(disk, FILE, positionOf(2) - 1, Uint8Array.of(0xff))
  const commitLog = await CommitLog.open(disk, COMMITS, 'write')
  const last = await commitLog.record(1)
  if (last === undefined) throw new Error('no record of the second commit')
  await commitLog.revise(1, { ...last, isDamaged: true })
  await appendElsewhere(disk, 3)
  await using again = await open(disk)
  expect((await again.getEntry(2n))?.data[0]).toBe(3)
  await expect(again.getEntry(1n)).rejects.toMatchObject({ code: 'BAD_CHECKSUM' })
  const damages = await damagesOf(disk, FILE)
  expect(damages).toMatchObject([{ code: 'BAD_CHECKSUM', range: { to: { totalEntries: 2n } } }])
})

/** A header and an update in place that are half written. */
async function dieInUpdate(disk: SimDisk): Promise<void> {
  const store = await open(disk, INTERVAL)
  await commit(store, 2, 3)
  await commit(store, 4)
  const entry = encodeEntry({ type: 1, number: 1n, data: new Uint8Array(DATA_BYTES).fill(7) })
  const rest = await readExactly(await disk.open(FILE, 'read'), positionOf(2), ENTRY_BYTES)
  const checksum = storedChecksum(crc32(rest, crc32(entry)))
  await writePendingUpdate(disk, FILE, { position: positionOf(1), bytes: entry, checksum })
  for (const path of [FILE, COMMITS]) await syncFile(disk, path)
  await poke(disk, FILE, positionOf(1), entry.subarray(0, 1000))
  await tearHeader(disk)
}

/** Another program wrote after commits of a store that crashed. */
async function dieBeforeAnother(disk: SimDisk): Promise<void> {
  const store = await open(disk)
  await commit(store, 7, 3)
  disk.powerOff(true)
  await appendElsewhere(disk, 4)
}

test.each([
  ['an update', dieInUpdate],
  ['another program', dieBeforeAnother],
])(
  'whichever look of the disk fails, an opening after %s takes nothing for absent, and loses nothing',
  async (_, die) => {
    let failing = 0
    let looks = 0
    do {
      failing++
      looks = 0
      let isFrail = false
      const random = { ...randomFrom(1), chance: () => isFrail && looks < failing && ++looks === failing }
      const frailty: Frailty = { random, looks: 1, forgets: 0, onFault: () => {} }
      const disk = new SimDisk(randomFrom(1), frailty)
      {
        await using store = await open(disk)
        await commit(store, 1)
      }
      await die(disk)
      disk.powerOff(true)
      isFrail = true
      const hasOpened = await open(disk, INTERVAL).then(
        () => true,
        (error: unknown) => {
          expect(String(error), `look ${failing}`).toContain('EIO')
          return false
        },
      )
      isFrail = false
      // It may fail to find some files.
      if (!hasOpened) disk.processKilled()
      await using again = await open(disk, INTERVAL)
      expect(await bytesOf(again), `look ${failing}`).toEqual([1, 7, 3, 4])
      expect((await again.getEntry(1n))?.data).toEqual(new Uint8Array(DATA_BYTES).fill(7))
      expect(again.log.damages.all).toEqual([])
    } while (looks === failing)
    expect(failing).toBeGreaterThan(20)
  },
)

test('what a failed sync has lost, and the system drops, is written again when a store reopens its files', async () => {
  for (let seed = 1; seed <= 8; seed++) {
    const always = { ...randomFrom(1), chance: () => true }
    const disk = new SimDisk(randomFrom(seed), { random: always, looks: 0, forgets: 1, onFault: () => {} })
    let notify = (_: StoreEvent): void => {}
    const reopened = new Promise<void>((resolve) => {
      notify = ({ event }) => event === 'reopened' && resolve()
    })
    const magic = new Uint8Array(16).fill(1)
    const options = { magic, reopenDelayMs: () => 0, onEvent: (event: StoreEvent) => notify(event) }
    const store = await open(disk, { ...INTERVAL, ...options })
    await commit(store, 1)
    disk.failAt(disk.calls + 1, 'EIO')
    await expect(store.truncateFile(0n)).rejects.toThrow('EIO')
    await reopened
    disk.powerOff(true)
    expect((await CommitLog.open(disk, COMMITS, 'read')).checkpoint).toMatchObject({ open: true })
    await using again = await open(disk, { magic })
    expect(await bytesOf(again), `seed ${seed}`).toEqual([1])
  }
})

import { crc32 } from 'node:zlib'
import { encodeEntry, HEADER_PAGE_BYTES } from '@datastreamer/format'
import { expect, test } from 'vitest'
import { verifyStream } from '../src/check/verify.ts'
import { type Disk, readExactly, writeAll } from '../src/disk/disk.ts'
import { CommitLog } from '../src/store/commit-log.ts'
import { storedChecksum } from '../src/store/commit-record.ts'
import type { StoreEvent } from '../src/store/events.ts'
import { openStore, type StoreOptions } from '../src/store/open-store.ts'
import { commitLogPath } from '../src/store/paths.ts'
import { writePendingUpdate } from '../src/store/pending-update.ts'
import { readHeader, WritableFile } from '../src/store/stream-file.ts'
import type { StreamStore } from '../src/store/stream-store.ts'
import { drain } from './damaged-files.ts'
import { randomFrom } from './sim/random.ts'
import { readAll } from './sim/read-all.ts'
import { type Frailty, SimDisk } from './sim/sim-disk.ts'
import { SimIndex } from './sim/sim-index.ts'

// What a store finds when it is opened after a death, one kind of finding in each test.

const FILE = '/sim/data-stream.bin'
const COMMITS = commitLogPath(FILE)
/** Bytes of the data of an entry, and of all of it. */
const DATA_BYTES = 10_000
const ENTRY_BYTES = 17 + DATA_BYTES
/** Commits are made durable by no clock. */
const INTERVAL = { fsync: 'interval', fsyncIntervalMs: 1_000_000 } as const

function open(disk: Disk, options: Partial<StoreOptions> = {}): Promise<StreamStore> {
  return openStore({ file: FILE, placePeriodMs: 0, disk, index: new SimIndex(), ...options })
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

async function tearHeader(disk: Disk): Promise<void> {
  const file = await disk.open(FILE, 'write')
  const header = await readHeader(file, FILE, {})
  // The old number of entries behind the new length.
  await new WritableFile(file, header).writeHeader({ ...header, totalEntries: header.totalEntries - 1n })
  await file.sync()
}

test('a commit whose entries are gone ends the log before it, though only the process died', async () => {
  const disk = new SimDisk(randomFrom(1))
  const store = await open(disk, INTERVAL)
  await commit(store, 1, 2)
  // Up to the next page: that in which the log ends is whole.
  await commit(store, ...new Uint8Array(120).fill(3))
  await commit(store, 4)
  // A sync that failed took them for written, and memory forgot them.
  await poke(disk, FILE, positionOf(3), new Uint8Array(2 * ENTRY_BYTES))
  disk.processKilled()
  await using again = await open(disk, INTERVAL)
  expect(await bytesOf(again)).toEqual([1, 2])
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

test('a torn header leads to no commit whose bytes are not whole', async () => {
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

test('bytes that are known to have rotted are not taken for those of another program that wrote behind them', async () => {
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
  // Another program appends an entry.
  const file = await disk.open(FILE, 'write')
  const header = await readHeader(file, FILE, {})
  await file.resize(positionOf(3))
  await writeAll(file, [encodeEntry({ type: 1, number: 2n, data: new Uint8Array(DATA_BYTES).fill(3) })], positionOf(2))
  await new WritableFile(file, header).writeHeader({ totalLength: positionOf(3), totalEntries: 3n })
  await using again = await open(disk)
  expect((await again.getEntry(2n))?.data[0]).toBe(3)
  await expect(again.getEntry(1n)).rejects.toMatchObject({ code: 'BAD_CHECKSUM' })
  const { damages } = await drain(verifyStream({ file: FILE, disk }))
  expect(damages).toMatchObject([{ code: 'BAD_CHECKSUM', range: { to: { totalEntries: 2n } } }])
})

test('whichever look of the disk fails, an opening takes nothing for absent, and loses nothing', async () => {
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
      await using store = await open(disk, INTERVAL)
      await commit(store, 1)
    }
    const store = await open(disk, INTERVAL)
    await commit(store, 2, 3)
    await commit(store, 4)
    // An update in place dies half done, and so does a header.
    const entry = encodeEntry({ type: 1, number: 1n, data: new Uint8Array(DATA_BYTES).fill(7) })
    const rest = await readExactly(await disk.open(FILE, 'read'), positionOf(2), ENTRY_BYTES)
    const checksum = storedChecksum(crc32(rest, crc32(entry)))
    await writePendingUpdate(disk, FILE, { position: positionOf(1), bytes: entry, checksum })
    for (const path of [FILE, COMMITS]) await (await disk.open(path, 'write')).sync()
    await poke(disk, FILE, positionOf(1), entry.subarray(0, 1000))
    await tearHeader(disk)
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
    // Not all that it looks for has to be found.
    if (!hasOpened) disk.processKilled()
    await using again = await open(disk, INTERVAL)
    expect(await bytesOf(again), `look ${failing}`).toEqual([1, 7, 3, 4])
    expect((await again.getEntry(1n))?.data).toEqual(new Uint8Array(DATA_BYTES).fill(7))
  } while (looks === failing)
  expect(failing).toBeGreaterThan(20)
})

test('what a failed sync has lost, and the machine forgets, is written again when the files of a store are opened anew', async () => {
  for (let seed = 1; seed <= 8; seed++) {
    const always = { ...randomFrom(1), chance: () => true }
    const disk = new SimDisk(randomFrom(seed), { random: always, looks: 0, forgets: 1, onFault: () => {} })
    let tell = (_: StoreEvent): void => {}
    const reopened = new Promise<void>((resolve) => {
      tell = ({ event }) => event === 'reopened' && resolve()
    })
    const store = await open(disk, { ...INTERVAL, reopenDelayMs: () => 0, onEvent: (event) => tell(event) })
    await commit(store, 1)
    disk.failAt(disk.calls + 1, 'EIO')
    await expect(store.truncateFile(0n)).rejects.toThrow('EIO')
    await reopened
    disk.powerOff(true)
    await using again = await open(disk)
    expect(await bytesOf(again), `seed ${seed}`).toEqual([1])
  }
})

import { encodeEntry, HEADER_PAGE_BYTES } from '@datastreamer/format'
import { expect, test } from 'vitest'
import { verifyStream } from '../src/check/verify.ts'
import { CommitLog } from '../src/commit-log/commit-log.ts'
import { RECORD_BYTES } from '../src/commit-log/commit-record.ts'
import { type Disk, writeAll } from '../src/disk/disk.ts'
import { commitLogPath, pendingUpdatePath } from '../src/log/paths.ts'
import { openStore } from '../src/store/open-store.ts'
import type { StreamStore } from '../src/store/stream-store.ts'
import { writePendingUpdate } from '../src/write/pending-update.ts'
import { drain } from './damaged-files.ts'
import { randomFrom } from './sim/random.ts'
import { SimDisk } from './sim/sim-disk.ts'
import { SimIndex } from './sim/sim-index.ts'
import { watchedDisk } from './sim/watched-disk.ts'

const FILE = '/sim/data-stream.bin'
const COMMITS = commitLogPath(FILE)
const NOTE = pendingUpdatePath(FILE)
/** Bytes of an entry of one byte. */
const ENTRY_BYTES = 18

function open(disk: Disk): Promise<StreamStore> {
  return openStore({ file: FILE, fileCheckMs: 0, disk, index: new SimIndex(), reopenDelayMs: () => 1_000_000 })
}

async function commit(store: StreamStore, ...bytes: readonly number[]): Promise<void> {
  store.startAtomicOp()
  for (const byte of bytes) store.addStreamEntry(1, Uint8Array.of(byte))
  await store.commitAtomicOp()
}

async function byteOf(store: StreamStore, entry: bigint): Promise<number | undefined> {
  return (await store.getEntry(entry))?.data[0]
}

async function codesOf(disk: Disk): Promise<string[]> {
  return (await drain(verifyStream({ file: FILE, disk }))).damages.map(({ code }) => code)
}

test('a checkpoint still says that the store is open after an update', async () => {
  const disk = new SimDisk(randomFrom(1))
  const store = await open(disk)
  await commit(store, 1, 2)
  await store.updateEntryData(1n, 1, Uint8Array.of(7))
  expect((await CommitLog.open(disk, COMMITS, 'read')).checkpoint).toMatchObject({ open: true, totalEntries: 2n })
  expect(await disk.exists(NOTE)).toBe(false)
})

test('an entry that another program wrote is updated without a checksum', async () => {
  const disk = new SimDisk(randomFrom(1))
  {
    await using store = await open(disk)
    await commit(store, 1, 2)
  }
  await disk.remove(COMMITS)
  await using store = await open(disk)
  await store.updateEntryData(1n, 1, Uint8Array.of(7))
  expect(await byteOf(store, 1n)).toBe(7)
  expect(await codesOf(disk)).toEqual([])
})

test('an entry whose record cannot be read is updated', async () => {
  const disk = new SimDisk(randomFrom(1))
  await using store = await open(disk)
  for (const byte of [1, 2, 3]) await commit(store, byte)
  await store.close()
  const commits = await disk.open(COMMITS, 'write')
  await writeAll(commits, [new Uint8Array(RECORD_BYTES)], 4096 + RECORD_BYTES)
  await using again = await open(disk)
  await again.updateEntryData(1n, 1, Uint8Array.of(7))
  expect(await byteOf(again, 1n)).toBe(7)
  expect(await codesOf(disk)).toEqual(['NO_CHECKSUM'])
})

test('an update that cannot be announced changes nothing, and leaves no pending update', async () => {
  const sim = new SimDisk(randomFrom(1))
  let failing: 'nothing' | 'sync' | 'all' = 'nothing'
  const disk = watchedDisk(sim, ({ call, path }) => {
    if (failing === 'nothing' || path !== NOTE) return
    if (failing === 'all' || call === 'sync') throw new Error('simulated')
  })
  const store = await open(disk)
  await commit(store, 1, 2)
  failing = 'sync'
  await expect(store.updateEntryData(1n, 1, Uint8Array.of(7))).rejects.toMatchObject({ code: 'WRITE_FAILED' })
  expect(await sim.exists(NOTE)).toBe(false)
  await commit(store, 3)
  failing = 'all'
  await expect(store.updateEntryData(1n, 1, Uint8Array.of(7))).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' })
  await expect(commit(store, 4)).rejects.toMatchObject({ code: 'STORE_BROKEN' })
  sim.processKilled()
  await using again = await open(sim)
  expect(await byteOf(again, 1n)).toBe(2)
})

test('an update that failed half-way leaves a store that cannot write until it is reopened', async () => {
  const sim = new SimDisk(randomFrom(1))
  let isFailing = false
  const disk = watchedDisk(sim, ({ call, path }) => {
    if (isFailing && call === 'write' && path === FILE) throw new Error('simulated')
  })
  // Reported with the path that it was opened by.
  await (await open(sim)).close()
  const store = await open(disk)
  await commit(store, 1, 2)
  isFailing = true
  await expect(store.updateEntryData(1n, 1, Uint8Array.of(7))).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' })
  isFailing = false
  await expect(commit(store, 3)).rejects.toMatchObject({ code: 'STORE_BROKEN' })
  sim.processKilled()
  await using again = await open(sim)
  expect(await byteOf(again, 1n)).toBe(7)
  expect(await codesOf(sim)).toEqual([])
})

test.each<[string, number, Uint8Array]>([
  ['of an entry after the end', 2, encodeEntry({ type: 1, number: 2n, data: Uint8Array.of(7) })],
  ['that reaches beyond the end', 1, encodeEntry({ type: 1, number: 1n, data: Uint8Array.of(7, 7) })],
  ['of an entry that has another type by now', 1, encodeEntry({ type: 9, number: 1n, data: Uint8Array.of(7) })],
  ['of an entry that has another number by now', 1, encodeEntry({ type: 1, number: 9n, data: Uint8Array.of(7) })],
])('a pending update %s is dropped', async (_, entry, bytes) => {
  const disk = new SimDisk(randomFrom(1))
  {
    await using store = await open(disk)
    await commit(store, 1, 2)
  }
  await writePendingUpdate(disk, FILE, { position: HEADER_PAGE_BYTES + entry * ENTRY_BYTES, bytes, checksum: 5 })
  await using again = await open(disk)
  expect(await byteOf(again, 1n)).toBe(2)
  expect(await disk.exists(NOTE)).toBe(false)
  expect(await codesOf(disk)).toEqual([])
})

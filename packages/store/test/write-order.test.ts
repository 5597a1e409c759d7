import { setImmediate as turn } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import { BOOKMARK_TYPE, encodeEntry, HEADER_PAGE_BYTES } from '@datastreamer/format'
import { systemClock } from '@datastreamer/runtime'
import { expect, test } from 'vitest'
import { verifyStream } from '../src/check/verify.ts'
import type { Checkpoint } from '../src/commit-log/checkpoint.ts'
import { CommitLog } from '../src/commit-log/commit-log.ts'
import { type Disk, readExactly } from '../src/disk/disk.ts'
import { readHeader } from '../src/log/header-page.ts'
import { PageBuffers } from '../src/log/page-buffers.ts'
import { commitLogPath } from '../src/log/paths.ts'
import { createStreamFile, WritableFile } from '../src/log/stream-file.ts'
import { recoverEnd } from '../src/recovery/recovery.ts'
import { openStore } from '../src/store/open-store.ts'
import type { StoreOptions } from '../src/store/store-options.ts'
import type { StreamStore } from '../src/store/stream-store.ts'
import { LogWriter } from '../src/write/log-writer.ts'
import { readPendingUpdate, removePendingUpdate, writePendingUpdate } from '../src/write/pending-update.ts'
import { StateOfStore } from '../src/write/store-state.ts'
import { drain } from './damaged-files.ts'
import { emptyFile } from './sim/empty-file.ts'
import { randomFrom } from './sim/random.ts'
import { SimDisk } from './sim/sim-disk.ts'
import { SimIndex } from './sim/sim-index.ts'
import { watchedDisk } from './sim/watched-disk.ts'

// Each test fixes the order of one step of the write path: what is synced, and before what.

const FILE = '/sim/data-stream.bin'
const COMMITS = commitLogPath(FILE)
/** Bytes of an entry that holds a bookmark of one byte. */
const ENTRY_BYTES = 18

function open(disk: Disk, options: Partial<StoreOptions> = {}): Promise<StreamStore> {
  return openStore({ file: FILE, fileCheckMs: 0, disk, index: new SimIndex(), ...options })
}

async function commit(store: StreamStore, ...bytes: readonly number[]): Promise<void> {
  store.startAtomicOp()
  for (const byte of bytes) store.addStreamBookmark(Uint8Array.of(byte))
  await store.commitAtomicOp()
}

/** The checkpoint that is durable now. */
async function durableCheckpoint(disk: SimDisk): Promise<Checkpoint | undefined> {
  disk.powerOff(true)
  return (await CommitLog.open(disk, COMMITS, 'read')).checkpoint
}

test('the name of a new file is durable', async () => {
  const disk = new SimDisk(randomFrom(1))
  await createStreamFile(disk, FILE, {}, async () => {})
  disk.powerOff(true)
  expect(await disk.exists(FILE)).toBe(true)
})

test('the name of the commit log of an open store is durable', async () => {
  const disk = new SimDisk(randomFrom(1))
  disk.put(FILE, emptyFile())
  await open(disk)
  disk.powerOff(true)
  expect(await disk.exists(COMMITS)).toBe(true)
})

test('a pending update is durably written, and durably removed', async () => {
  const disk = new SimDisk(randomFrom(1))
  const update = { position: 4096, bytes: Uint8Array.of(1, 2, 3), checksum: 4 }
  await writePendingUpdate(disk, FILE, update)
  disk.powerOff(true)
  expect(await readPendingUpdate(disk, FILE)).toEqual(update)
  await removePendingUpdate(disk, FILE)
  disk.powerOff(true)
  expect(await readPendingUpdate(disk, FILE)).toBeUndefined()
})

test('a commit log that exists where a new file is made belongs to another stream', async () => {
  const disk = new SimDisk(randomFrom(1))
  await using other = await open(disk)
  await commit(other, 1, 2)
  await other.close()
  await disk.remove(FILE)
  await disk.syncFolderOf(FILE)
  await open(disk)
  expect(await durableCheckpoint(disk)).toMatchObject({ sequence: 1, totalEntries: 0n })
})

test('a truncation has said where the log will end, durably, before the header moves', async () => {
  const sim = new SimDisk(randomFrom(1))
  sim.put(FILE, emptyFile())
  let isCutting = false
  const disk = watchedDisk(sim, ({ call, path, position = 0 }) => {
    if (isCutting && call === 'write' && path === FILE && position < HEADER_PAGE_BYTES) throw new Error('simulated')
  })
  const store = await open(disk, { fsync: 'interval' })
  await commit(store, 1)
  await commit(store, 2)
  isCutting = true
  await expect(store.truncateFile(1n)).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' })
  expect(await durableCheckpoint(sim)).toMatchObject({ open: true, truncating: true, totalEntries: 1n })
})

test('a truncation waits for a checkpoint in the background, which would be out of date afterwards', async () => {
  const sim = new SimDisk(randomFrom(1))
  sim.put(FILE, emptyFile())
  let release = (): void => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const calls: string[] = []
  const disk = watchedDisk(sim, async ({ call, path, position = 0 }) => {
    if (call !== 'write' || position >= HEADER_PAGE_BYTES) return
    calls.push(path === FILE ? 'header' : 'checkpoint')
    if (path === COMMITS && calls.length === 2) await held
  })
  const store = await open(disk, { fsync: 'interval', fsyncIntervalMs: 20 })
  calls.length = 0
  await commit(store, 1)
  await expect.poll(() => calls, { interval: 1 }).toEqual(['header', 'checkpoint'])
  const truncated = store.truncateFile(0n)
  // On this disk nothing takes longer than a few turns.
  for (let turns = 0; turns < 200; turns++) await turn()
  expect(calls).toEqual(['header', 'checkpoint'])
  release()
  await truncated
  expect(calls.slice(2, 4)).toEqual(['checkpoint', 'header'])
})

test('an operation that is rolled back after a queued commit removes nothing from it', async () => {
  const sim = new SimDisk(randomFrom(1))
  const store = await open(sim)
  const first = commit(store, 1)
  store.startAtomicOp()
  store.addStreamBookmark(Uint8Array.of(2))
  store.rollbackAtomicOp()
  await first
  await commit(store, 3)
  await store.close()
  const { damages, result } = await drain(verifyStream({ file: FILE, disk: sim }))
  expect(damages).toEqual([])
  expect(result).toMatchObject({ entries: 2n, checksums: 2 })
})

/** A log with one committed entry, and its writer on a disk with the hook `before`. */
async function writerOn(sim: SimDisk, before: Parameters<typeof watchedDisk>[1]) {
  const disk = watchedDisk(sim, before)
  sim.put(FILE, emptyFile())
  const commitLog = await CommitLog.open(disk, COMMITS, 'create')
  const file = await disk.open(FILE, 'write')
  const writable = new WritableFile(file, await readHeader(file, FILE, {}))
  await writable.repair()
  const state = new StateOfStore(systemClock)
  const parts = { writable, commitLog, buffers: new PageBuffers(), committed: writable.point, state }
  return { commitLog, state, writer: new LogWriter({ ...parts, syncEach: false }) }
}

test.each([FILE, COMMITS])(
  'a failed sync of %s reaches whoever wants all to be durable, and breaks the store',
  async (which) => {
    const { writer, state } = await writerOn(new SimDisk(randomFrom(1)), ({ call, path }) => {
      if (call === 'sync' && path === which) throw new Error('simulated')
    })
    await expect(writer.syncAll()).rejects.toMatchObject({ code: 'STORE_BROKEN' })
    expect(state.broken).toMatchObject({ code: 'STORE_BROKEN' })
  },
)

test.each(['write', 'sync'] as const)('a commit whose %s failed is the only one that fails', async (failing) => {
  const sim = new SimDisk(randomFrom(1))
  sim.put(FILE, emptyFile())
  let isFailing = false
  const disk = watchedDisk(sim, ({ call, path }) => {
    if (isFailing && call === failing && path === FILE) throw new Error('simulated')
  })
  const store = await open(disk)
  await commit(store, 1)
  isFailing = true
  await expect(commit(store, 2)).rejects.toMatchObject({ code: 'WRITE_FAILED' })
  isFailing = false
  expect(store.broken).toBeUndefined()
  await commit(store, 3)
  await store.close()
  const { damages, result } = await drain(verifyStream({ file: FILE, disk: sim }))
  expect([damages, result]).toMatchObject([[], { entries: 2n, checksums: 2 }])
})

test('what was written ahead of a commit is written again for the next operation, if the commit is undone', async () => {
  const sim = new SimDisk(randomFrom(1))
  sim.put(FILE, emptyFile())
  let written = 0
  const disk = watchedDisk(sim, ({ call, path, position = 0 }) => {
    if (call === 'write' && path === FILE && position >= HEADER_PAGE_BYTES) written++
  })
  const store = await open(disk, { spillBytes: 1024 })
  for (const byte of [1, 2]) {
    store.startAtomicOp()
    for (let i = 0; i < 3; i++) store.addStreamEntry(1, new Uint8Array(600_000).fill(byte))
    await store.writable()
    expect(written).toBeGreaterThan(0)
    if (byte === 1) store.rollbackAtomicOp()
    else await store.commitAtomicOp()
  }
  await store.close()
  await using again = await open(disk)
  for (const number of [0n, 1n, 2n]) {
    expect((await again.getEntry(number))?.data.every((byte) => byte === 2)).toBe(true)
  }
  const { damages, result } = await drain(verifyStream({ file: FILE, disk: sim }))
  expect([damages, result]).toMatchObject([[], { entries: 3n, checksums: 3 }])
})

test.each(['ENOSPC', 'EIO'])(
  'room that was made for a commit that failed with %s is given back if the disk is full',
  async (code) => {
    const sim = new SimDisk(randomFrom(1))
    sim.put(FILE, emptyFile())
    let isFailing = false
    const disk = watchedDisk(sim, ({ call, path }) => {
      if (isFailing && call === 'write' && path === FILE) throw Object.assign(new Error(code), { code })
    })
    const store = await open(disk)
    isFailing = true
    await expect(commit(store, 1)).rejects.toMatchObject({ code: 'WRITE_FAILED' })
    const size = sim.contentOf(FILE)?.size ?? 0
    if (code === 'ENOSPC') expect(size).toBe(HEADER_PAGE_BYTES)
    else expect(size).toBeGreaterThan(HEADER_PAGE_BYTES)
  },
)

test('an update in place changes the checksum of its commit, also when it is redone after a crash', async () => {
  const sim = new SimDisk(randomFrom(1))
  const verified = () => drain(verifyStream({ file: FILE, disk: sim }))
  const store = await open(sim)
  await commit(store, 1, 2, 3)
  await store.updateEntryData(1n, BOOKMARK_TYPE, Uint8Array.of(9))
  expect(await verified()).toMatchObject({ damages: [], result: { checksums: 1 } })
  // It dies when the next pending update is written.
  const all = await readExactly(await sim.open(FILE, 'read'), HEADER_PAGE_BYTES, 3 * ENTRY_BYTES)
  all[ENTRY_BYTES - 1] = 7
  const bytes = all.subarray(0, ENTRY_BYTES)
  await writePendingUpdate(sim, FILE, { position: HEADER_PAGE_BYTES, bytes, checksum: crc32(all) })
  sim.powerOff(true)
  await using again = await open(sim)
  expect((await again.getEntry(0n))?.data).toEqual(Uint8Array.of(7))
  expect(await verified()).toMatchObject({ damages: [], result: { checksums: 1 } })
})

test.each(['stream file', 'commit log'])('syncs of the %s are done one after the other', async (which) => {
  const sim = new SimDisk(randomFrom(1))
  sim.put(FILE, emptyFile())
  let [underWay, most] = [0, 0]
  const disk = watchedDisk(sim, async ({ call }) => {
    if (call !== 'sync') return
    most = Math.max(most, ++underWay)
    for (let turns = 0; turns < 5; turns++) await turn()
    underWay--
  })
  const commitLog = await CommitLog.open(sim, COMMITS, 'create')
  if (which === 'commit log') {
    const watched = await CommitLog.open(disk, COMMITS, 'write')
    await Promise.all([watched.sync(), watched.sync(), watched.sync()])
  } else {
    const file = await disk.open(FILE, 'write')
    const writable = new WritableFile(file, await readHeader(file, FILE, {}))
    const committed = writable.point
    const parts = { writable, commitLog, buffers: new PageBuffers(), committed, syncEach: true }
    const writer = new LogWriter({ ...parts, state: new StateOfStore(systemClock) })
    await Promise.all([writer.syncAll(), writer.syncAll(), writer.syncAll()])
  }
  expect(most).toBe(1)
})

test('before an index catches up, its start is durably recorded', async () => {
  const sim = new SimDisk(randomFrom(1))
  const writing = await open(sim)
  await commit(writing, 1, 2, 3)
  await writing.close()
  await sim.remove(COMMITS)
  await sim.syncFolderOf(COMMITS)
  const index = new SimIndex()
  index.put = () => {
    throw new Error('simulated')
  }
  await expect(open(sim, { index })).rejects.toThrow('simulated')
  const found = { open: true, everyCommitDurable: true, totalEntries: 3n, indexedEntries: 0n }
  expect(await durableCheckpoint(sim)).toMatchObject(found)
})

test('the record of a failed commit is durably removed', async () => {
  const sim = new SimDisk(randomFrom(1))
  sim.put(FILE, emptyFile())
  let isFailing = false
  const disk = watchedDisk(sim, ({ call, path }) => {
    if (isFailing && call === 'sync' && path === FILE) throw new Error('simulated')
  })
  const store = await open(disk)
  await commit(store, 1)
  const size = sim.contentOf(COMMITS)?.size
  isFailing = true
  await expect(commit(store, 2)).rejects.toMatchObject({ code: 'WRITE_FAILED' })
  sim.powerOff(true)
  expect(sim.contentOf(COMMITS)?.size).toBe(size)
})

test('a recovered header is durable', async () => {
  const disk = new SimDisk(randomFrom(1))
  const store = await open(disk)
  await commit(store, 1)
  const file = await disk.open(FILE, 'write')
  const header = await readHeader(file, FILE, {})
  const writable = new WritableFile(file, header)
  // Torn: the old number of entries behind the new length.
  await writable.writeHeader({ ...header, totalEntries: 0n })
  await file.sync()
  disk.powerOff(true)
  const commitLog = await CommitLog.open(disk, COMMITS, 'write')
  const torn = await readHeader(file, FILE, {})
  const input = { disk, path: FILE, writable, header: torn, commitLog, onEvent: () => {} }
  expect(await recoverEnd(input)).toMatchObject({ point: { totalEntries: 1n } })
  disk.powerOff(true)
  expect(await readHeader(file, FILE, {})).toMatchObject({ totalEntries: 1n })
})

test('a commit whose sync failed after its header was durable is durably undone, with its record', async () => {
  const sim = new SimDisk(randomFrom(1))
  sim.put(FILE, emptyFile())
  let syncs = Number.POSITIVE_INFINITY
  const disk = watchedDisk(sim, async ({ call, path }) => {
    // The first is that of the bytes, the second that of the header, the third that of the old header.
    if (call !== 'sync' || path !== FILE || --syncs !== 0) return
    await (await sim.open(FILE, 'write')).sync()
    throw new Error('simulated')
  })
  const store = await open(disk)
  await commit(store, 1)
  const size = sim.contentOf(COMMITS)?.size
  syncs = 2
  await expect(commit(store, 2)).rejects.toMatchObject({ code: 'WRITE_FAILED' })
  sim.powerOff(true)
  expect(await readHeader(await sim.open(FILE, 'read'), FILE, {})).toMatchObject({ totalEntries: 1n })
  expect(sim.contentOf(COMMITS)?.size).toBe(size)
})

test('a failed truncation is no longer announced', async () => {
  const sim = new SimDisk(randomFrom(1))
  sim.put(FILE, emptyFile())
  let isFailing = false
  const disk = watchedDisk(sim, ({ call, path, position = 0 }) => {
    if (!isFailing || call !== 'write' || path !== FILE || position >= HEADER_PAGE_BYTES) return
    isFailing = false
    throw new Error('simulated')
  })
  const store = await open(disk)
  await commit(store, 1)
  await commit(store, 2)
  isFailing = true
  await expect(store.truncateFile(1n)).rejects.toMatchObject({ code: 'WRITE_FAILED' })
  expect(await durableCheckpoint(sim)).toMatchObject({ open: true, truncating: false, totalEntries: 2n })
})

test('a second checkpoint ends a truncation', async () => {
  const disk = new SimDisk(randomFrom(1))
  disk.put(FILE, emptyFile())
  const store = await open(disk)
  await commit(store, 1)
  await commit(store, 2)
  await store.truncateFile(1n)
  expect(await durableCheckpoint(disk)).toMatchObject({ open: true, truncating: false, totalEntries: 1n })
})

test('a commit fails if another sync of the commit log has lost its record', async () => {
  const sim = new SimDisk(randomFrom(1))
  sim.put(FILE, emptyFile())
  let isFailing = false
  const disk = watchedDisk(sim, async ({ call, path, position = 0 }) => {
    if (isFailing && call === 'sync' && path === COMMITS) throw new Error('simulated')
    if (call !== 'write' || path !== FILE || position < HEADER_PAGE_BYTES) return
    // The record is being written meanwhile: it is there, and not yet synced.
    for (let turns = 0; turns < 20; turns++) await turn()
    isFailing = true
    const point = { totalLength: HEADER_PAGE_BYTES, totalEntries: 0n, indexedEntries: 0n }
    const checkpoint = commitLog.writeCheckpoint({ ...point, open: true, everyCommitDurable: true, bootId: '' })
    await expect(checkpoint).rejects.toThrow('simulated')
    isFailing = false
  })
  const commitLog = await CommitLog.open(disk, COMMITS, 'create')
  const file = await disk.open(FILE, 'write')
  const writable = new WritableFile(file, await readHeader(file, FILE, {}))
  const buffers = new PageBuffers()
  const entry = encodeEntry({ number: 0n, type: 1, data: new Uint8Array(0) })
  buffers.open(HEADER_PAGE_BYTES, 0).bytes.set(entry)
  const committed = writable.point
  const writer = new LogWriter({
    writable,
    commitLog,
    buffers,
    committed,
    syncEach: true,
    state: new StateOfStore(systemClock),
  })
  const point = { totalLength: HEADER_PAGE_BYTES + entry.length, totalEntries: 1n }
  await expect(writer.commit(point)).rejects.toMatchObject({ code: 'WRITE_FAILED' })
  expect(commitLog.count).toBe(0)
})

test('a store that cannot remove the record of a failed commit writes nothing more', async () => {
  const sim = new SimDisk(randomFrom(1))
  sim.put(FILE, emptyFile())
  let isFailing = false
  const disk = watchedDisk(sim, ({ call, path }) => {
    if (isFailing && (path === FILE ? call === 'sync' : call === 'resize')) throw new Error('simulated')
  })
  const store = await open(disk, { reopenDelayMs: () => 1_000_000 })
  await commit(store, 1)
  isFailing = true
  await expect(commit(store, 2)).rejects.toMatchObject({ code: 'WRITE_FAILED' })
  isFailing = false
  await expect(commit(store, 3)).rejects.toMatchObject({ code: 'STORE_BROKEN' })
})

test('what a failed sync has lost, and only memory has, is written again when a store is opened', async () => {
  for (let seed = 1; seed <= 8; seed++) {
    const sim = new SimDisk(randomFrom(seed))
    sim.put(FILE, emptyFile())
    const store = await open(sim, { fsync: 'interval', fsyncIntervalMs: 1_000_000 })
    await commit(store, 1)
    for (const path of [FILE, COMMITS]) {
      sim.failAt(sim.calls + 1, 'EIO')
      await expect((await sim.open(path, 'write')).sync()).rejects.toThrow('EIO')
    }
    sim.processKilled()
    await open(sim, { fsync: 'interval', fsyncIntervalMs: 1_000_000 })
    sim.powerOff(true)
    await using again = await open(sim)
    expect((await again.getEntry(0n))?.data, `seed ${seed}`).toEqual(Uint8Array.of(1))
  }
})

function beforeReads(disk: Disk, before: (path: string, from: number, to: number) => Promise<void>): Disk {
  return {
    ...disk,
    open: async (path, mode) => {
      const file = await disk.open(path, mode)
      const read: typeof file.read = async (into, position) => {
        await before(path, position, position + into.length)
        return file.read(into, position)
      }
      return { ...file, read }
    },
  }
}

/** Change the last byte of a commit on the platter. */
async function rotLastByte(disk: SimDisk, entries: number): Promise<void> {
  const file = await disk.open(FILE, 'write')
  await file.write([Uint8Array.of(0xff)], HEADER_PAGE_BYTES + entries * ENTRY_BYTES - 1)
  await file.sync()
}

test('commits that were not durable and that differ after a crash of the process are known as damaged', async () => {
  const sim = new SimDisk(randomFrom(1))
  sim.put(FILE, emptyFile())
  const store = await open(sim, { fsync: 'interval', fsyncIntervalMs: 1_000_000 })
  await commit(store, 1)
  await rotLastByte(sim, 1)
  sim.processKilled()
  await using again = await open(sim, { fsync: 'interval' })
  expect(again.log.header.totalEntries).toBe(1n)
  expect(again.log.damages.all).toMatchObject([{ from: { totalEntries: 0n }, to: { totalEntries: 1n } }])
})

test('commits that change between two reads, before they are written again, are known as damaged', async () => {
  let reads = 1
  for (let rotAt = 1; rotAt <= reads; rotAt++) {
    const sim = new SimDisk(randomFrom(1))
    sim.put(FILE, emptyFile())
    await commit(await open(sim, { fsync: 'interval', fsyncIntervalMs: 1_000_000 }), 1)
    sim.processKilled()
    reads = 0
    let isWritten = false
    const watched = watchedDisk(sim, ({ call, path, position }) => {
      isWritten ||= call === 'write' && path === FILE && position === HEADER_PAGE_BYTES
    })
    const disk = beforeReads(watched, async (path, from, to) => {
      const last = HEADER_PAGE_BYTES + ENTRY_BYTES - 1
      if (path === FILE && from <= last && last < to && !isWritten && ++reads === rotAt) await rotLastByte(sim, 1)
    })
    await using again = await open(disk, { fsync: 'interval' })
    expect(again.log.damages.all, `others from read ${rotAt} of ${reads} on`).toHaveLength(1)
  }
  expect(reads).toBeGreaterThan(0)
})

test('a truncation keeps the page in memory that it ends in, though a failed sync has lost that', async () => {
  const sim = new SimDisk(randomFrom(1))
  sim.put(FILE, emptyFile())
  await using store = await open(sim, { fsync: 'interval', fsyncIntervalMs: 1_000_000 })
  await commit(store, 1)
  await commit(store, 2)
  const file = await sim.open(FILE, 'write')
  await file.write([new Uint8Array(ENTRY_BYTES)], HEADER_PAGE_BYTES)
  await store.truncateFile(1n)
  expect((await store.getEntry(0n))?.data).toEqual(Uint8Array.of(1))
})

test('without a boot id, the machine may have been rebooted', async () => {
  const sim = new SimDisk(randomFrom(1))
  sim.put(FILE, emptyFile())
  const disk: Disk = { ...watchedDisk(sim, () => {}), bootId: async () => '' }
  const store = await open(disk, { fsync: 'interval', fsyncIntervalMs: 1_000_000 })
  await commit(store, 1)
  await commit(store, 2)
  await rotLastByte(sim, 2)
  sim.processKilled()
  await using again = await open(disk, { fsync: 'interval' })
  expect(again.log.header.totalEntries).toBe(1n)
})

import { BOOKMARK_TYPE, encodeEntry, HEADER_PAGE_BYTES, PAGE_BYTES, pageStart } from '@datastreamer/format'
import { expect, test } from 'vitest'
import { openCommitLog } from '../src/commit-log/open-commit-log.ts'
import { type Disk, type DiskFile, readExactly, writeAll } from '../src/disk/disk.ts'
import { RefusedError } from '../src/disk/errors.ts'
import { commitLogPath, newFilePath, pendingUpdatePath } from '../src/log/paths.ts'
import { readEnd } from '../src/log/read-end.ts'
import { openStore } from '../src/store/open-store.ts'
import type { StoreOptions } from '../src/store/store-options.ts'
import type { StreamStore } from '../src/store/stream-store.ts'
import type { StoreEvent } from '../src/write/events.ts'
import { readPendingUpdate, writePendingUpdate } from '../src/write/pending-update.ts'
import { randomFrom } from './sim/random.ts'
import { SimDisk } from './sim/sim-disk.ts'
import { SimIndex } from './sim/sim-index.ts'
import { watchedDisk } from './sim/watched-disk.ts'

const FILE = '/sim/data-stream.bin'

function open(disk: Disk, options: Partial<StoreOptions> = {}): Promise<StreamStore> {
  return openStore({ file: FILE, fileCheckMs: 0, disk, index: new SimIndex(), ...options })
}

/** A disk with another way of locking files. */
function withLock(sim: SimDisk, lock: DiskFile['lock']): Disk {
  const disk = watchedDisk(sim, () => {})
  return { ...disk, open: async (path, mode) => ({ ...(await disk.open(path, mode)), lock }) }
}

async function commit(store: StreamStore, ...bytes: readonly number[]): Promise<void> {
  store.startAtomicOp()
  for (const byte of bytes) store.addStreamBookmark(Uint8Array.of(byte))
  await store.commitAtomicOp()
}

async function simWith(...bytes: readonly number[]): Promise<SimDisk> {
  const disk = new SimDisk(randomFrom(1))
  await using store = await open(disk)
  await commit(store, ...bytes)
  return disk
}

test('without locks on the file system, a stream is neither opened nor made', async () => {
  const refusing = (sim: SimDisk): Disk =>
    withLock(sim, async () => {
      throw new Error('simulated')
    })
  await expect(open(refusing(await simWith(1)))).rejects.toMatchObject({ code: 'CANNOT_LOCK' })
  const sim = new SimDisk(randomFrom(1))
  await expect(open(refusing(sim))).rejects.toMatchObject({ code: 'CANNOT_LOCK' })
  for (const path of [FILE, newFilePath(FILE)]) expect(await sim.exists(path)).toBe(false)
})

test('a file that replaced another while that was opened is not written', async () => {
  const sim = await simWith(1)
  const disk = withLock(sim, async () => {
    await sim.remove(FILE)
    sim.put(FILE, new Uint8Array(HEADER_PAGE_BYTES))
    return 'everyone'
  })
  await expect(open(disk)).rejects.toMatchObject({ code: 'FILE_REPLACED' })
})

test('a lock that keeps out only this process is reported', async () => {
  for (const reach of ['everyone', 'this-process'] as const) {
    const events: StoreEvent[] = []
    const disk = withLock(await simWith(1), async () => reach)
    await using _ = await open(disk, { onEvent: (event) => events.push(event) })
    const limited = { event: 'lock-limited', file: FILE }
    if (reach === 'everyone') expect(events).not.toContainEqual(limited)
    else expect(events).toContainEqual(limited)
  }
})

test.each<[string, Partial<StoreOptions>]>([
  ['STREAM_DIFFERS', { generation: 2 }],
  ['STREAM_DIFFERS', { version: 3 }],
  ['STREAM_DIFFERS', { systemId: 8n }],
  ['WRONG_STREAM_TYPE', { streamType: 9n }],
  ['BAD_MAGIC', { magic: new Uint8Array(16).fill(1) }],
])('%s: a stream that does not match %o is refused', async (code, options) => {
  const disk = new SimDisk(randomFrom(1))
  const identity = { generation: 3, version: 2, systemId: 7n, streamType: 1n } as const
  await (await open(disk, identity)).close()
  await (await open(disk, identity)).close()
  await expect(open(disk, options)).rejects.toMatchObject({ code })
})

test('a stream of an older generation has no version to compare', async () => {
  const disk = new SimDisk(randomFrom(1))
  await (await open(disk, { generation: 1 })).close()
  await using store = await open(disk, { generation: 1, version: 3, systemId: 9n })
  expect(store.getHeader().totalEntries).toBe(0n)
})

test('a header that another program has spoilt is noticed, and so is its return', async () => {
  const disk = new SimDisk(randomFrom(1))
  const magic = new Uint8Array(16).fill(1)
  let notify = (_: StoreEvent): void => {}
  const notified = (wanted: StoreEvent['event']): Promise<StoreEvent> =>
    new Promise((resolve) => {
      notify = (event) => event.event === wanted && resolve(event)
    })
  await using store = await open(disk, { magic, fileCheckMs: 1, onEvent: (event) => notify(event) })
  const file = await disk.open(FILE, 'write')
  const header = await readExactly(file, 0, 100)
  const lost = notified('file-lost')
  await file.write([new Uint8Array(100).fill(0xff)], 0)
  expect(await lost).toMatchObject({ error: { code: 'FOREIGN_WRITER' } })
  expect(() => store.startAtomicOp()).toThrow(expect.objectContaining({ code: 'FOREIGN_WRITER' }))
  const found = notified('file-found')
  await file.write([header], 0)
  await found
  await commit(store, 2)
})

test('no operation is started while the file is truncated, or once it is closed', async () => {
  const store = await open(await simWith(1, 2, 3))
  const truncated = store.truncateFile(2n)
  expect(() => store.startAtomicOp()).toThrow(expect.objectContaining({ code: 'TRUNCATE_IN_PROGRESS' }))
  await expect(store.truncateFile(1n)).rejects.toMatchObject({ code: 'TRUNCATE_IN_PROGRESS' })
  await truncated
  await commit(store, 4)
  expect(store.stats).toMatchObject({ commits: 1, groups: 1 })
  await store.close()
  expect(() => store.startAtomicOp()).toThrow(expect.objectContaining({ code: 'CLOSED' }))
  await expect(store.truncateFile(1n)).rejects.toMatchObject({ code: 'CLOSED' })
  await expect(store.updateEntryData(0n, 1, new Uint8Array(1))).rejects.toMatchObject({ code: 'CLOSED' })
})

test('entries of the smallest and the largest type are accepted, and bookmarks of the most bytes', async () => {
  await using store = await open(new SimDisk(randomFrom(1)))
  store.startAtomicOp()
  expect(store.addStreamEntry(0, new Uint8Array(1))).toBe(0n)
  expect(store.addStreamEntry(0xffff_ffff, new Uint8Array(1))).toBe(1n)
  expect(store.addStreamBookmark(new Uint8Array(16))).toBe(2n)
  for (const type of [-1, 0.5, 0x1_0000_0000]) {
    expect(() => store.addStreamEntry(type, new Uint8Array(1))).toThrow(
      expect.objectContaining({ code: 'BAD_ENTRY_TYPE' }),
    )
  }
  for (const length of [0, 17]) {
    expect(() => store.addStreamBookmark(new Uint8Array(length))).toThrow(
      expect.objectContaining({ code: 'BAD_BOOKMARK' }),
    )
  }
  await store.commitAtomicOp()
  for (const number of [-1n, 3n]) {
    await expect(store.truncateFile(number)).rejects.toMatchObject({ code: 'ENTRY_NOT_FOUND' })
  }
})

test('a truncation that fails after its header leaves a store that cannot write until it is reopened', async () => {
  const sim = await simWith(1, 2, 3)
  let isFailing = false
  const disk = watchedDisk(sim, ({ call, path }) => {
    if (isFailing && call === 'resize' && path === commitLogPath(FILE)) throw new Error('simulated')
  })
  const store = await open(disk, { reopenDelayMs: () => 1_000_000 })
  isFailing = true
  await expect(store.truncateFile(1n)).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' })
  isFailing = false
  await expect(commit(store, 4)).rejects.toMatchObject({ code: 'STORE_BROKEN' })
  sim.processKilled()
  await using again = await open(sim)
  expect(again.getHeader().totalEntries).toBe(1n)
})

test.each(['EIO', 'LEADS_NOWHERE'])(
  'a commit log belongs to its owner even if that fails to open with %s',
  async (code) => {
    const sim = await simWith(1)
    const disk = watchedDisk(sim, () => {})
    const failing: Disk = {
      ...disk,
      open: async (path, mode) => {
        if (path !== FILE) return disk.open(path, mode)
        if (code === 'LEADS_NOWHERE') throw new RefusedError(code, 'simulated')
        throw Object.assign(new Error('simulated'), { code })
      },
    }
    await expect(openCommitLog(failing, FILE.replace('.bin', '.dat'), 'read', {})).rejects.toMatchObject({
      code: 'IN_THE_WAY',
    })
  },
)

test('a bookmark that was updated is found at its last entry', async () => {
  await using store = await open(await simWith(1, 2, 3))
  await store.updateEntryData(0n, BOOKMARK_TYPE, Uint8Array.of(9))
  expect(await store.getBookmark(Uint8Array.of(9))).toBe(0n)
  expect(await store.getBookmark(Uint8Array.of(1))).toBeUndefined()
  await store.updateEntryData(0n, BOOKMARK_TYPE, Uint8Array.of(3))
  expect(await store.getBookmark(Uint8Array.of(3))).toBe(2n)
  await store.updateEntryData(2n, BOOKMARK_TYPE, Uint8Array.of(2))
  expect(await store.getBookmark(Uint8Array.of(2))).toBe(2n)
})

test('a bookmark of 16 bytes that was updated is found, and other entries are not bookmarks', async () => {
  await using store = await open(new SimDisk(randomFrom(1)))
  store.startAtomicOp()
  store.addStreamBookmark(new Uint8Array(16).fill(1))
  store.addStreamEntry(1, Uint8Array.of(5))
  await store.commitAtomicOp()
  await store.updateEntryData(0n, BOOKMARK_TYPE, new Uint8Array(16).fill(2))
  await store.updateEntryData(1n, 1, Uint8Array.of(6))
  expect(await store.getBookmark(new Uint8Array(16).fill(2))).toBe(0n)
  expect(await store.index.get(Uint8Array.of(6))).toBeUndefined()
})

test('an incomplete pending update is ignored, and a file that is not one is left as it is', async () => {
  const disk = new SimDisk(randomFrom(1))
  const update = { position: HEADER_PAGE_BYTES, bytes: Uint8Array.of(1, 2, 3), checksum: 4 }
  await writePendingUpdate(disk, FILE, update)
  expect(await readPendingUpdate(disk, FILE)).toEqual(update)
  const file = await disk.open(pendingUpdatePath(FILE), 'write')
  const whole = await readExactly(file, 0, await file.size())
  for (let size = 0; size < whole.length; size++) {
    await file.resize(size)
    expect(await readPendingUpdate(disk, FILE), `truncated to ${size}`).toBeUndefined()
    await file.resize(whole.length)
    await writeAll(file, [whole], 0)
  }
  for (let at = 0; at < whole.length; at++) {
    await writeAll(file, [whole.map((byte, i) => (i === at ? byte ^ 1 : byte))], 0)
    expect(await readPendingUpdate(disk, FILE), `another byte ${at}`).toBeUndefined()
  }
  await file.resize(64 * PAGE_BYTES)
  await expect(readPendingUpdate(disk, FILE)).rejects.toMatchObject({ code: 'IN_THE_WAY' })
})

test.each<[string, number, bigint]>([
  ['LENGTH_PAST_END', HEADER_PAGE_BYTES - 1, 0n],
  ['LENGTH_PAST_END', pageStart(3) + 1, 3n],
  ['LENGTH_NOT_AT_ENTRY_END', pageStart(1) + 5, 3n],
  ['LENGTH_NOT_AT_ENTRY_END', pageStart(1) + 20, 3n],
  ['BAD_PACKET', pageStart(2) + 20, 3n],
  ['PADDING', HEADER_PAGE_BYTES + 2 * 27 + 1, 2n],
  ['ENTRIES_MISMATCH', HEADER_PAGE_BYTES + 2 * 27, 3n],
  ['ENTRIES_MISMATCH', HEADER_PAGE_BYTES, 1n],
])('%s: a log does not end at byte %i, before entry %i', async (code, totalLength, totalEntries) => {
  const disk = new SimDisk(randomFrom(1))
  const file = await disk.open(FILE, 'create')
  await file.resize(pageStart(3))
  const entry = (number: bigint): Uint8Array => encodeEntry({ type: 1, number, data: new Uint8Array(10) })
  await writeAll(file, [entry(0n), entry(1n)], HEADER_PAGE_BYTES)
  await writeAll(file, [entry(2n)], pageStart(1))
  for (const point of [
    { totalLength: HEADER_PAGE_BYTES, totalEntries: 0n },
    { totalLength: HEADER_PAGE_BYTES + 2 * 27, totalEntries: 2n },
    { totalLength: pageStart(1), totalEntries: 2n },
    { totalLength: pageStart(1) + 27, totalEntries: 3n },
  ])
    await readEnd(file, FILE, point)
  await expect(readEnd(file, FILE, { totalLength, totalEntries })).rejects.toMatchObject({ code })
})

import { setImmediate as turn } from 'node:timers/promises'
import { BOOKMARK_TYPE, ENTRY_HEAD_BYTES, encodeHeaderPage, HEADER_PAGE_BYTES } from '@datastreamer/format'
import { expect, test } from 'vitest'
import { verifyStream } from '../src/check/verify.ts'
import { CommitLog } from '../src/commit-log/commit-log.ts'
import type { Disk } from '../src/disk/disk.ts'
import { commitLogPath } from '../src/log/paths.ts'
import { openStore } from '../src/store/open-store.ts'
import type { StoreOptions } from '../src/store/store-options.ts'
import type { StreamStore } from '../src/store/stream-store.ts'
import type { CommitGroup } from '../src/write/operation.ts'
import { drain } from './damaged-files.ts'
import { standstill } from './gated-disk.ts'
import { randomFrom } from './sim/random.ts'
import { readAll } from './sim/read-all.ts'
import { SimDisk } from './sim/sim-disk.ts'
import { SimIndex } from './sim/sim-index.ts'
import { watchedDisk } from './sim/watched-disk.ts'

const FILE = '/sim/data-stream.bin'
/** Two entries fill a page. */
const HALF = 2 ** 19 - 17
const PAGE = 2 ** 20

/** A machine with a stream, and a hook before its entries are written. */
class Machine {
  readonly sim = new SimDisk(randomFrom(1))
  beforeEntries = async (): Promise<void> => {}
  beforeHeader = async (): Promise<void> => {}
  /** Number of reads of more than an entry's head. */
  reads = 0

  constructor() {
    const totals = { totalLength: HEADER_PAGE_BYTES, totalEntries: 0n }
    this.sim.put(FILE, encodeHeaderPage({ generation: 3, version: 2, systemId: 0n, streamType: 1n, ...totals }))
  }

  open(options: Partial<StoreOptions> = {}): Promise<StreamStore> {
    const watched = watchedDisk(this.sim, async ({ call, path, position = 0 }) => {
      if (call === 'write' && path === FILE) {
        await (position < HEADER_PAGE_BYTES ? this.beforeHeader() : this.beforeEntries())
      }
    })
    const open: Disk['open'] = async (path, mode) => {
      const file = await watched.open(path, mode)
      const read: typeof file.read = (into, position) => {
        if (path === FILE && position >= HEADER_PAGE_BYTES && into.length > ENTRY_HEAD_BYTES) this.reads++
        return file.read(into, position)
      }
      return { ...file, read }
    }
    const disk = { ...watched, open }
    return openStore({ file: FILE, fileCheckMs: 0, disk, index: new SimIndex(), ...options })
  }

  /** The next write of entries waits, and goes on or fails when a test says so. */
  holdWrite() {
    const [begun, settled] = [standstill(), standstill()]
    let failure: Error | undefined
    this.beforeEntries = async () => {
      this.beforeEntries = async () => {}
      begun.resolve()
      await settled.promise
      if (failure !== undefined) throw failure
    }
    const fail = (): void => {
      failure = new Error('simulated')
      settled.resolve()
    }
    return { begun: begun.promise, goOn: settled.resolve, fail }
  }

  async expectWhole(entries: bigint): Promise<void> {
    const { damages, result } = await drain(verifyStream({ file: FILE, disk: this.sim }))
    expect([damages, result]).toMatchObject([[], { entries }])
  }

  async commitLog(): Promise<CommitLog> {
    return CommitLog.open(this.sim, commitLogPath(FILE), 'read')
  }
}

function add(store: StreamStore, entries: number, byte: number, bytes = 20): void {
  store.startAtomicOp()
  for (let i = 0; i < entries; i++) store.addStreamEntry(1, new Uint8Array(bytes).fill(byte))
}

function commit(store: StreamStore, entries: number, byte: number, bytes = 20): Promise<unknown> {
  add(store, entries, byte, bytes)
  return store.commitAtomicOp()
}

async function firstBytes(store: StreamStore): Promise<(number | undefined)[]> {
  return (await readAll(store.log)).map(({ data }) => data[0])
}

test('operations after one that was not written fail with it, and the next begins at the head of the log', async () => {
  const machine = new Machine()
  const store = await machine.open()
  await commit(store, 1, 1)
  for (const ending of ['commit', 'rollback']) {
    const held = machine.holdWrite()
    const written = commit(store, 2, 2)
    await held.begun
    const waiting = commit(store, 2, 3)
    add(store, 2, 4)
    held.fail()
    await expect(written).rejects.toMatchObject({ code: 'WRITE_FAILED' })
    await expect(waiting).rejects.toMatchObject({ code: 'ATOMIC_OP_FAILED' })
    expect(() => store.addStreamEntry(1, new Uint8Array(1))).toThrow(
      expect.objectContaining({ code: 'ATOMIC_OP_FAILED' }),
    )
    if (ending === 'rollback') store.rollbackAtomicOp()
    else await expect(store.commitAtomicOp()).rejects.toMatchObject({ code: 'ATOMIC_OP_FAILED' })
  }
  expect(await commit(store, 1, 5)).toEqual({ firstEntry: 1n, nextEntry: 2n })
  expect(await firstBytes(store)).toEqual([1, 5])
  await store.close()
  await machine.expectWhole(2n)
})

test('an operation whose write ahead failed fails, and the next begins at the head of the log', async () => {
  const machine = new Machine()
  const store = await machine.open({ spillBytes: 1024 })
  await commit(store, 1, 1)
  const held = machine.holdWrite()
  add(store, 4, 2, HALF)
  await held.begun
  held.fail()
  await store.writable()
  const failed = expect.objectContaining({ code: 'WRITE_FAILED' })
  expect(() => store.addStreamEntry(1, new Uint8Array(1))).toThrow(failed)
  await expect(store.commitAtomicOp()).rejects.toEqual(failed)
  expect(await commit(store, 1, 3)).toEqual({ firstEntry: 1n, nextEntry: 2n })
  expect(await firstBytes(store)).toEqual([1, 3])
  await store.close()
  await machine.expectWhole(2n)
})

test('an operation that was committed while a part of it was not written ahead fails by that, one behind it with it', async () => {
  const machine = new Machine()
  await using store = await machine.open({ spillBytes: 1024 })
  await commit(store, 1, 1)
  const held = machine.holdWrite()
  add(store, 4, 2, HALF)
  await held.begun
  const first = store.commitAtomicOp()
  const second = commit(store, 1, 3)
  held.fail()
  await expect(first).rejects.toMatchObject({ code: 'WRITE_FAILED' })
  await expect(second).rejects.toMatchObject({ code: 'ATOMIC_OP_FAILED' })
  expect(await commit(store, 1, 4)).toEqual({ firstEntry: 1n, nextEntry: 2n })
})

test('nothing of an operation is written ahead after a queued one', async () => {
  const machine = new Machine()
  const store = await machine.open({ spillBytes: 1024 })
  const held = machine.holdWrite()
  add(store, 4, 1, HALF)
  await held.begun
  const first = store.commitAtomicOp()
  add(store, 6, 2, HALF)
  held.goOn()
  expect(await first).toEqual({ firstEntry: 0n, nextEntry: 4n })
  expect(await store.commitAtomicOp()).toEqual({ firstEntry: 4n, nextEntry: 10n })
  expect(await firstBytes(store)).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 2, 2])
  const log = await machine.commitLog()
  const ends = (await log.records(0, 10)).map((record) => [record?.totalEntries, record?.endsOperation])
  expect(ends).toEqual([
    [2n, false],
    [4n, true],
    [6n, false],
    [8n, false],
    [10n, true],
  ])
  await store.close()
  await machine.expectWhole(10n)
})

test('bytes that are written ahead have the same records as otherwise', async () => {
  const all: unknown[] = []
  for (const spillBytes of [1024, 2 ** 30]) {
    const machine = new Machine()
    const store = await machine.open({ spillBytes })
    await commit(store, 3, 1)
    store.startAtomicOp()
    // The first page is not filled, the second is, to its last byte.
    for (const bytes of [HALF, HALF, HALF, HALF, 1000, HALF, HALF, HALF]) {
      store.addStreamEntry(1, new Uint8Array(bytes))
      await store.writable()
    }
    await store.commitAtomicOp()
    const log = await machine.commitLog()
    all.push(await log.records(0, log.count))
    await store.close()
    await machine.expectWhole(11n)
  }
  expect(all[0]).toEqual(all[1])
})

test('entries over the limit of pending bytes are refused with a code, and the operation goes on when there is room', async () => {
  const machine = new Machine()
  await using store = await machine.open({ maxPendingBytes: 2 * 117 })
  store.startAtomicOp()
  for (let i = 0; i < 3; i++) store.addStreamEntry(1, new Uint8Array(100))
  expect(() => store.addStreamEntry(1, new Uint8Array(1))).toThrow(
    expect.objectContaining({ name: 'RefusedError', code: 'TOO_MUCH_PENDING' }),
  )
  const held = machine.holdWrite()
  const first = store.commitAtomicOp()
  await held.begun
  store.startAtomicOp()
  expect(() => store.addStreamEntry(1, new Uint8Array(1))).toThrow(
    expect.objectContaining({ code: 'TOO_MUCH_PENDING' }),
  )
  held.goOn()
  expect(await first).toEqual({ firstEntry: 0n, nextEntry: 3n })
  expect(store.addStreamEntry(1, new Uint8Array(1))).toBe(3n)
  expect(await store.commitAtomicOp()).toEqual({ firstEntry: 3n, nextEntry: 4n })
})

test('closing a store finishes queued commits first', async () => {
  const machine = new Machine()
  const store = await machine.open()
  const held = machine.holdWrite()
  const written = commit(store, 2, 1)
  await held.begun
  const waiting = commit(store, 1, 2)
  const closed = store.close()
  for (let turns = 0; turns < 50; turns++) await turn()
  held.goOn()
  expect(await written).toEqual({ firstEntry: 0n, nextEntry: 2n })
  expect(await waiting).toEqual({ firstEntry: 2n, nextEntry: 3n })
  await closed
  const { checkpoint } = await machine.commitLog()
  expect(checkpoint).toMatchObject({ open: false, totalEntries: 3n, indexedEntries: 3n })
})

test('an operation without entries is acknowledged, and writes nothing', async () => {
  const machine = new Machine()
  await using store = await machine.open()
  await commit(store, 2, 1)
  const { calls } = machine.sim
  expect(await commit(store, 0, 0)).toEqual({ firstEntry: 2n, nextEntry: 2n })
  expect(machine.sim.calls).toBe(calls)
  expect(await commit(store, 1, 1)).toEqual({ firstEntry: 2n, nextEntry: 3n })
})

test('an operation that is filled without a pause is still written ahead', async () => {
  const machine = new Machine()
  await using store = await machine.open({ spillBytes: 1024 })
  const held = machine.holdWrite()
  add(store, 4, 1, HALF)
  await held.begun
  held.goOn()
  expect(await store.commitAtomicOp()).toEqual({ firstEntry: 0n, nextEntry: 4n })
})

test('an update of an entry is kept, though a page returns to memory that was forgotten while an operation was open', async () => {
  const machine = new Machine()
  const store = await machine.open({ spillBytes: 1024, tailPages: 1 })
  await commit(store, 1, 1)
  add(store, 5, 2, HALF)
  await store.writable()
  await store.updateEntryData(0n, 1, new Uint8Array(20).fill(9))
  store.rollbackAtomicOp()
  expect(await firstBytes(store)).toEqual([9])
  await commit(store, 1, 3)
  expect(await firstBytes(store)).toEqual([9, 3])
  await store.close()
  await machine.expectWhole(2n)
})

test('memory keeps the newest pages of what was committed or written ahead, and no more', async () => {
  const machine = new Machine()
  await using store = await machine.open({ spillBytes: 1024, tailPages: 2 })
  for (let i = 0; i < 6; i++) await commit(store, 2, i, HALF)
  machine.reads = 0
  expect((await store.getEntry(11n))?.number).toBe(11n)
  expect(machine.reads).toBe(0)
  expect((await store.getEntry(5n))?.number).toBe(5n)
  expect(machine.reads).toBeGreaterThan(0)

  store.startAtomicOp()
  for (let i = 0; i < 12; i++) {
    store.addStreamEntry(1, new Uint8Array(HALF))
    await store.writable()
  }
  machine.reads = 0
  await store.commitAtomicOp()
  // Its first pages are scanned for bookmarks on disk.
  expect(machine.reads).toBeGreaterThan(0)
})

test('an index that failed is repaired before anything is committed', async () => {
  const machine = new Machine()
  let failed = false
  let repaired = 0
  const index = Object.assign(new SimIndex(), {
    repair: async () => {
      repaired++
      failed = false
    },
    writable: async () => {
      if (failed) throw new Error('the index failed')
    },
  })
  Object.defineProperty(index, 'failed', { get: () => failed })
  await using store = await machine.open({ index })
  await commit(store, 1, 1)
  expect(repaired).toBe(0)
  failed = true
  expect(await commit(store, 1, 2)).toEqual({ firstEntry: 1n, nextEntry: 2n })
  expect(repaired).toBe(1)
})

test('a store that broke with half a header in the file is not mistaken for one next to another program', async () => {
  const machine = new Machine()
  let isSick = false
  machine.beforeHeader = async () => {
    if (!isSick) return
    // A torn write: the total is wrong.
    await (await machine.sim.open(FILE, 'write')).write([Uint8Array.of(9)], 16 + 30 + 7)
    throw new Error('simulated')
  }
  const options = { fileCheckMs: 1, reopenDelayMs: () => 5 }
  await using store = await machine.open(options)
  await commit(store, 1, 1)
  isSick = true
  await expect(commit(store, 1, 2)).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' })
  // Meanwhile the file is checked often enough.
  await expect.poll(() => store.state.t === 'broken' && store.state.tries > 3, { interval: 1 }).toBe(true)
  isSick = false
  await expect.poll(() => store.state.t, { interval: 1 }).toBe('open')
  expect(await commit(store, 1, 3)).toEqual({ firstEntry: 1n, nextEntry: 2n })
  expect(await firstBytes(store)).toEqual([1, 3])
})

test('counts commits, groups, syncs and bytes, padding included', async () => {
  const machine = new Machine()
  const groups: CommitGroup[] = []
  await using store = await machine.open({ onCommit: (group) => groups.push(group) })
  await Promise.all([commit(store, 1, 1), commit(store, 1, 2)])
  await commit(store, 1, 3, PAGE - 50)
  expect(store.stats).toMatchObject({ commits: 3, groups: 2 })
  expect(store.stats.syncs).toBeGreaterThanOrEqual(4)
  expect(groups).toMatchObject([
    { commits: 2, bytes: 2 * 37 },
    { commits: 1, bytes: PAGE - 2 * 37 + PAGE - 33 },
  ])
  for (const { waitedMs } of groups) expect(waitedMs).toBeLessThan(600_000)
  store.startAtomicOp()
  expect(store.nextEntry).toBe(3n)
  expect(store.addStreamEntry(BOOKMARK_TYPE, Uint8Array.of(1))).toBe(3n)
  expect(store.nextEntry).toBe(4n)
})

test('what is not durable, and what has to be read after a crash, is bounded, however many commits come at once', async () => {
  const machine = new Machine()
  await using store = await machine.open({ fsync: 'interval', fsyncIntervalMs: 1_000_000_000 })
  const length = async (): Promise<number> => (await machine.commitLog()).checkpoint?.totalLength ?? 0
  for (let i = 0; i < 127; i++) await commit(store, 1, i, HALF)
  expect(await length()).toBe(HEADER_PAGE_BYTES)
  await commit(store, 1, 127, HALF)
  await expect.poll(length, { interval: 1 }).toBe(HEADER_PAGE_BYTES + 64 * PAGE)
})

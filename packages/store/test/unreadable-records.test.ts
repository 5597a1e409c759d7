import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { markDamaged, planRecovery, type RecoveryPlan, replaceDamaged, takeOverChanges } from '../src/check.ts'
import { CommitLog } from '../src/commit-log/commit-log.ts'
import { type CommitRecord, decodeRecord, encodeRecord, RECORD_BYTES } from '../src/commit-log/commit-record.ts'
import { nodeDisk } from '../src/disk/node-disk.ts'
import { openReader, openStore, type StoreEvent, type StreamStore } from '../src/index.ts'
import {
  type Change,
  COMMITS,
  DamagedFiles,
  drain,
  entrySourceOf,
  PER_COMMIT,
  type Poke,
  positionOf,
  verify,
} from './damaged-files.ts'
import { PassClock } from './pass-clock.ts'

// Records of the commit log that cannot be read: those after them still count.

let files: DamagedFiles
beforeAll(async () => {
  files = await DamagedFiles.make()
})
afterAll(() => files[Symbol.dispose]())

function commitsOf(file: string): string {
  return file.replace('.bin', '.commits')
}

function recordOffset(index: number): number {
  return 4096 + index * RECORD_BYTES
}

/** Make records of a commit log unreadable. */
function spoil(file: string, from: number, to = from): void {
  const bytes = readFileSync(commitsOf(file))
  for (let index = from; index <= to; index++) bytes.fill(0xee, recordOffset(index), recordOffset(index) + RECORD_BYTES)
  writeFileSync(commitsOf(file), bytes)
}

/** The end of commit `index` of the master file. */
function endOf(index: number): { totalEntries: bigint } {
  return { totalEntries: BigInt((index + 1) * PER_COMMIT) }
}

const rotAt =
  (entry: number) =>
  (_: string, poke: Poke): void =>
    poke(positionOf(entry) + 40, Uint8Array.of(0xee))

const both =
  (...changes: readonly Change[]): Change =>
  (file, poke) => {
    for (const change of changes) change(file, poke)
  }

async function planOf(file: string): Promise<RecoveryPlan> {
  const { result } = await drain(planRecovery({ file, streamType: 1n }))
  if (result === undefined) throw new Error('nothing to recover')
  return result
}

test('verify checks what follows a record that cannot be read, and reports the bytes that it leaves uncovered', async () => {
  const file = files.damaged(both((path) => spoil(path, 3), rotAt(205)))
  const { damages, result } = await verify(file)
  expect(damages.map(({ code, range }) => [code, range?.from.totalEntries, range?.to.totalEntries])).toEqual([
    ['BAD_CHECKSUM', 200n, 210n],
    ['NO_CHECKSUM', 30n, 50n],
  ])
  expect(result).toMatchObject({ isStructureWhole: true, uncovered: [{ from: endOf(2), to: endOf(4) }] })
})

test.each([
  ['the last record', COMMITS + 1, COMMITS + 1, COMMITS - 2, COMMITS - 1],
  ['all records', 0, COMMITS + 1, -1, COMMITS - 1],
])('verify does not report a file as whole if %s cannot be read', async (_, from, to, before, last) => {
  const file = files.damaged((path) => spoil(path, from, to))
  const { damages, result } = await verify(file)
  expect(damages.map(({ code }) => code)).toEqual(['NO_CHECKSUM'])
  expect(result.uncovered).toMatchObject([{ to: endOf(last) }])
  expect(result.uncovered[0]?.from.totalEntries).toBeGreaterThanOrEqual(endOf(before).totalEntries)
})

test('a scrubber compares what follows, reports once what it cannot compare, and counts no pass', async () => {
  const file = files.damaged(both((path) => spoil(path, 3), rotAt(205)))
  const clock = new PassClock()
  const events: StoreEvent[] = []
  const scrub = { bytesPerSecond: 2 ** 30, passEveryMs: 10_000_000 }
  await using store = await openStore({ file, scrub, clock, onEvent: (event) => events.push(event) })
  await clock.passDone()
  await clock.nextPass()
  expect(events.filter(({ event }) => event !== 'indexed')).toMatchObject([
    { event: 'checksum-lost', range: { from: endOf(2), to: endOf(4) } },
    { event: 'damage-found', range: { from: endOf(19), to: endOf(20) } },
  ])
  expect(store.scrubbing).toMatchObject({ passes: 0, uncovered: [{ from: endOf(2), to: endOf(4) }] })
  // They may be right, and are served.
  expect((await store.getEntry(35n))?.number).toBe(35n)
  await store.truncateFile(20n)
  expect(store.scrubbing?.uncovered).toEqual([])
  await clock.nextPass()
  expect(store.scrubbing?.passes).toBe(1)
})

test('damage marks after many records that cannot be read are kept when the file is opened', async () => {
  const file = files.damaged(rotAt(205))
  await markDamaged(await planOf(file))
  spoil(file, 3, 8)
  await using store = await openStore({ file })
  await expect(store.getEntry(205n)).rejects.toMatchObject({ code: 'BAD_CHECKSUM' })
})

async function commit(store: StreamStore, byte: number): Promise<void> {
  store.startAtomicOp()
  store.addStreamEntry(1, Uint8Array.of(byte))
  await store.commitAtomicOp()
}

test('more records than fit into a block of a disk cost none of those after them', async () => {
  const file = files.path('many.bin')
  {
    await using store = await openStore({ file })
    for (let i = 0; i < 1500; i++) await commit(store, i)
    await store.close()
  }
  spoil(file, 100, 1300)
  {
    await using store = await openStore({ file })
    await commit(store, 1)
    expect(await store.operationBoundaries.lastUpTo(1499)).toBe(1499)
    await store.close()
  }
  const { damages, result } = await verify(file)
  expect(damages.map(({ range }) => [range?.from.totalEntries, range?.to.totalEntries])).toEqual([[100n, 1302n]])
  expect(result.checksums).toBe(1501 - 1201 - 1)
})

test('opening after another program keeps the records that follow, and does not guess after the last one', async () => {
  const file = files.damaged(() => undefined)
  const log = readFileSync(commitsOf(file))
  {
    await using store = await openStore({ file })
    await commit(store, 1)
    await store.close()
  }
  // As if another program had done that.
  writeFileSync(commitsOf(file), log)
  spoil(file, COMMITS - 1)
  await (await openStore({ file })).close()
  const { result } = await verify(file)
  expect(result.uncovered).toHaveLength(1)
  const commitLog = await CommitLog.open(nodeDisk, commitsOf(file), 'read')
  expect(commitLog.count).toBeGreaterThan(COMMITS)
  await commitLog.close()
})

test('bytes that rotted before an unreadable last record do not count as written by another program', async () => {
  const file = files.damaged(both((path) => spoil(path, COMMITS + 1), rotAt(285)))
  const before = (await verify(file)).damages.map(({ code, range }) => [code, range?.from.totalEntries])
  expect(before.map(([code]) => code)).toEqual(['BAD_CHECKSUM', 'NO_CHECKSUM'])
  await (await openStore({ file })).close()
  expect((await verify(file)).damages.map(({ code, range }) => [code, range?.from.totalEntries])).toEqual(before)
})

test('a last record that cannot be read is kept before one without a checksum', async () => {
  const crashed = files.path('crashed.bin')
  const file = files.damaged((path) => {
    const bytes = readFileSync(commitsOf(path))
    const record = decodeRecord(bytes, recordOffset(COMMITS)) as CommitRecord
    bytes.set(encodeRecord({ ...record, checksum: 0 }), recordOffset(COMMITS))
    writeFileSync(commitsOf(path), bytes)
  })
  {
    // As a killed process leaves it.
    await using _store = await openStore({ file })
    for (const path of [(name: string) => name, commitsOf]) copyFileSync(path(file), path(crashed))
  }
  spoil(crashed, COMMITS + 1)
  const before = (await verify(crashed)).damages.map(({ code, range }) => [code, range?.from, range?.to])
  expect(before.map(([code]) => code)).toEqual(['NO_CHECKSUM'])
  await (await openStore({ file: crashed })).close()
  expect((await verify(crashed)).damages.map(({ code, range }) => [code, range?.from, range?.to])).toEqual(before)
})

test.each([
  ['one', 3, 3],
  ['many, over pages', 5, 25],
  ['the last', COMMITS + 1, COMMITS + 1],
  ['all', 0, COMMITS + 1],
])('unreadable records are replaced when the file is taken over: %s', async (_, from, to) => {
  const file = files.damaged((path) => spoil(path, from, to))
  await takeOverChanges(await planOf(file))
  const { damages, result } = await verify(file)
  expect(damages).toEqual([])
  expect(result.uncovered).toEqual([])
  const before = readFileSync(commitsOf(file))
  await (await openStore({ file })).close()
  expect(readFileSync(commitsOf(file)).subarray(4096).equals(before.subarray(4096))).toBe(true)
  rotAt(35)(file, (position, bytes) => {
    const all = readFileSync(file)
    all.set(bytes, position)
    writeFileSync(file, all)
  })
  expect((await verify(file)).damages.map(({ code }) => code)).toEqual(['BAD_CHECKSUM'])
})

test('unreadable ranges are compared with another source and replaced', async () => {
  await using reader = await openReader({ file: files.master })
  const file = files.damaged(both((path) => spoil(path, 3), rotAt(35)))
  expect((await replaceDamaged(await planOf(file), entrySourceOf(reader))).changedBytes).toBe(1)
  expect(readFileSync(file).equals(readFileSync(files.master))).toBe(true)
  expect((await verify(file)).damages).toEqual([])
})

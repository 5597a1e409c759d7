import { copyFileSync, openSync, rmSync, truncateSync, writeSync } from 'node:fs'
import { tempDir } from '@datastreamer/fixtures'
import { pageStart } from '@datastreamer/format'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  compareAround,
  markDamaged,
  planRecovery,
  planTruncation,
  type RecoveryPlan,
  recoverStream,
  reindexStream,
  replaceDamaged,
  truncateStream,
  type VerifySummary,
  verifyStream,
} from '../src/check.ts'
import { openReader, openStore, type StreamReader } from '../src/index.ts'
import type { CommitPoint } from '../src/log/commit-point.ts'
import { makeLate, makeWhole } from './late-files.ts'

const ENTRIES = 600
const folder = tempDir()
const master = folder.join('late.bin')
let whole: StreamReader
let base: CommitPoint
let copies = 0

beforeAll(async () => {
  await makeWhole(folder.join('whole.bin'), ENTRIES)
  whole = await openReader(folder.join('whole.bin'))
  const late = await makeLate(master, whole, 3)
  base = late.log.base
  await late.close()
  truncateSync(master, pageStart(6))
})

afterAll(async () => {
  await whole.close()
  folder[Symbol.dispose]()
})

/** A copy of the late file with other bytes at some positions. */
function damaged(...changes: readonly (readonly [position: number, bytes: Uint8Array])[]): string {
  const file = folder.join(`copy-${copies++}.bin`)
  copyFileSync(master, file)
  copyFileSync(master.replace('.bin', '.commits'), file.replace('.bin', '.commits'))
  const handle = openSync(file, 'r+')
  for (const [position, bytes] of changes) writeSync(handle, bytes, 0, bytes.length, position)
  return file
}

async function resultOf<T>(events: AsyncGenerator<unknown, T, void>): Promise<T> {
  for (;;) {
    const step = await events.next()
    if (step.done === true) return step.value
  }
}

const verify = (file: string): Promise<VerifySummary> => resultOf(verifyStream({ file }))

async function planOf(file: string): Promise<RecoveryPlan> {
  const plan = await resultOf(planRecovery({ file }))
  if (plan === undefined) throw new Error('nothing is damaged')
  return plan
}

test('a late file is checked from its base on, with and without its commit log', async () => {
  const file = damaged()
  const found = { base, entries: BigInt(ENTRIES) - base.totalEntries, damages: 0, isStructureWhole: true }
  expect(await verify(file)).toMatchObject({ ...found, wholeOperations: { totalEntries: BigInt(ENTRIES) } })
  expect((await verify(file)).checksums).toBeGreaterThan(20)
  rmSync(file.replace('.bin', '.commits'))
  expect(await verify(file)).toMatchObject({ ...found, checksums: 0 })
})

test('one slot of its base may rot, but not both; what is written next makes both whole', async () => {
  const rot = Uint8Array.of(0xff, 0xff)
  for (const at of [1024 + 20, 2048 + 30]) {
    const file = damaged([at, rot])
    expect(await verify(file)).toMatchObject({ base, damages: 0 })
    await using store = await openStore({ file })
    expect(await store.dropBefore(0n)).toEqual(base)
    expect(await verify(file)).toMatchObject({ base, damages: 0 })
  }
  const lost = damaged([1024 + 20, rot], [2048 + 30, rot])
  const error = {
    code: 'BAD_HEADER',
    message: expect.stringContaining('where the file begins cannot be read at byte 1024'),
  }
  await expect(openStore({ file: lost })).rejects.toMatchObject(error)
  await expect(openReader(lost)).rejects.toMatchObject(error)
  expect(await verify(lost)).toMatchObject({ header: undefined, damages: 1 })
})

test('a header that ends before the base is damage', async () => {
  const file = damaged([16 + 22, Uint8Array.of(0, 0, 0, 0, 0, 0x10, 0x10, 0)])
  rmSync(file.replace('.bin', '.commits'))
  expect((await verify(file)).damages).toBeGreaterThan(0)
  await expect(openReader(file)).rejects.toMatchObject({ code: 'LENGTH_PAST_END' })
})

test('damage is found and replaced, marked or removed as in any file', async () => {
  const at = pageStart(4) + 204_000
  const rot: readonly [number, Uint8Array] = [at, new Uint8Array(100).fill(0xee)]
  const rotten = damaged(rot)
  const plan = await planOf(rotten)
  expect(plan).toMatchObject({ base, isStructureWhole: true })
  expect(plan.damaged).toHaveLength(1)
  expect(await compareAround(plan, whole)).toBeGreaterThan(100)
  expect((await replaceDamaged(plan, whole)).changedBytes).toBe(100)
  expect(await verify(rotten)).toMatchObject({ base, damages: 0 })

  const marked = damaged(rot)
  await markDamaged(await planOf(marked))
  {
    await using store = await openStore({ file: marked })
    expect(store.log.damages.all).toEqual(plan.damaged)
  }

  const removed = damaged(rot)
  const { to } = await planOf(removed)
  await recoverStream(await planOf(removed))
  expect(await verify(removed)).toMatchObject({ base, damages: 0, header: to })
})

test('damage at its beginning leaves nothing', async () => {
  const file = damaged([base.totalLength + 60, new Uint8Array(100).fill(0xee)])
  const plan = await planOf(file)
  expect(plan.to).toEqual(base)
  await recoverStream(plan)
  expect(await verify(file)).toMatchObject({ base, damages: 0, entries: 0n, header: base })
  await using store = await openStore({ file })
  expect(store.nextEntry).toBe(base.totalEntries)
})

test('its index is rebuilt, and it is truncated, from its base on', async () => {
  const file = damaged()
  expect(await reindexStream({ file })).toBe(await verify(file).then(({ bookmarks }) => Number(bookmarks)))
  await expect(planTruncation({ file, entry: 5n })).rejects.toMatchObject({ code: 'BEFORE_BASE' })
  const plan = await planTruncation({ file, entry: 500n })
  expect(plan.atOperationBoundary).toBe(true)
  await truncateStream(plan)
  expect(await verify(file)).toMatchObject({ base, damages: 0, header: { totalEntries: 500n } })
  await truncateStream(await planTruncation({ file, entry: base.totalEntries }))
  expect(await verify(file)).toMatchObject({ base, damages: 0, entries: 0n })
})

test('what another program appends to it is taken over', async () => {
  const file = damaged()
  const commits = file.replace('.bin', '.commits')
  const kept = folder.join('kept.commits')
  copyFileSync(commits, kept)
  {
    await using store = await openStore({ file })
    await store.atomic((operation) => void operation.addEntry(1, new Uint8Array(3)))
  }
  copyFileSync(kept, commits)
  const events: unknown[] = []
  await using store = await openStore({ file, onEvent: ({ event }) => events.push(event) })
  expect(events).toContain('taken-over')
  expect(store.firstEntry).toBe(base.totalEntries)
  rmSync(commits)
  await expect(verify(file)).resolves.toMatchObject({
    base,
    damages: 0,
    entries: BigInt(ENTRIES + 1) - base.totalEntries,
  })
})

import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs'
import { join } from 'node:path'
import { tempDir } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import type { UnusableIndexError } from '../../src/bookmarks/index-errors.ts'
import { type LevelBookmarkIndex, openLevelIndex } from '../../src/bookmarks/level-index.ts'
import { DiskError, LockedError } from '../../src/errors.ts'
import { key } from './log-in-memory.ts'
import { edit, editRecord } from './made-level.ts'
import { holdIndex } from './process.ts'

// What becomes of what was put, through failures, damage and renewals.

/** More than the thread is given at a time, and than LevelDB keeps in memory before it makes a table. */
const MANY = 300_000
const WAIT = { timeout: 60_000, interval: 5 }

async function open(folder: string): Promise<LevelBookmarkIndex> {
  const index = await openLevelIndex({ folder, createIfMissing: true })
  await index.finish()
  return index
}

function put(index: LevelBookmarkIndex, from: number, to: number, add = 0): void {
  index.put(Array.from({ length: to - from }, (_, i) => ({ key: key(from + i), number: from + i + add })))
}

/** Numbers of some keys that a LevelDB leads to. */
async function numbersIn(folder: string, numbers: readonly number[]): Promise<(number | undefined)[]> {
  const index = await openLevelIndex({ folder, createIfMissing: false })
  const found = await Promise.all(numbers.map((n) => index.get(key(n))))
  await index.close()
  return found
}

function filesOf(folder: string, pattern: RegExp): string[] {
  return readdirSync(folder).filter((name) => pattern.test(name))
}

function journalBytes(folder: string): number {
  return filesOf(folder, /^\d+\.log$/).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
}

test('keys of every length lead to their own numbers', async () => {
  using dir = tempDir()
  const keys = Array.from({ length: 16 }, (_, n) => new Uint8Array(n + 1).fill(0xff))
  const index = await open(dir.path)
  index.put(keys.map((key, n) => ({ key, number: n })))
  index.remove([new Uint8Array(5).fill(0xff)])
  await index.flush({ sync: true })
  expect(await Promise.all(keys.map((key) => index.get(key)))).toEqual(keys.map((_, n) => (n === 4 ? undefined : n)))
  await index.close()
})

test('what was put or removed is written without anybody waiting for it', async () => {
  using dir = tempDir()
  const index = await open(dir.path)
  for (const change of [() => put(index, 0, 1), () => index.remove([key(0)]), () => put(index, 0, 1)]) {
    const before = journalBytes(dir.path)
    change()
    await expect.poll(() => journalBytes(dir.path), WAIT).toBeGreaterThan(before)
  }
  await index.close()
})

test('what is synced is in a table, and only then', async () => {
  using dir = tempDir()
  const index = await open(dir.path)
  const newest = (): number => Math.max(0, ...filesOf(dir.path, /\.ldb$/).map((name) => Number.parseInt(name, 10)))
  for (const n of [1, 2]) {
    const before = newest()
    put(index, n, n + 1)
    await index.flush({ sync: false })
    expect(newest()).toBe(before)
    await index.flush({ sync: true })
    expect(newest()).toBeGreaterThan(before)
  }
  await index.close()
})

test('all that was put before it is closed is written', async () => {
  using dir = tempDir()
  const index = await open(dir.path)
  put(index, 0, 20_000)
  await index.close()
  const numbers = [0, 4095, 4096, 8191, 8192, 12_345, 19_999]
  expect(await numbersIn(dir.path, numbers)).toEqual(numbers)
})

test('what could not be written is, once LevelDB is opened again', async () => {
  using dir = tempDir()
  const [folder, away] = [dir.join('a.db'), dir.join('away.db')]
  const index = await open(folder)
  expect(index.failed).toBe(false)
  put(index, 0, 1)
  await index.flush({ sync: false })
  renameSync(folder, away)
  put(index, 1, MANY)
  await expect(index.flush({ sync: false })).rejects.toThrow(DiskError)
  expect(index.failed).toBe(true)
  renameSync(away, folder)
  await index.mend()
  expect(index.failed).toBe(false)
  expect(filesOf(folder, /^probe/)).toEqual([])
  put(index, MANY, MANY + 1)
  await index.flush({ sync: true })
  const numbers = [...Array.from({ length: 300 }, (_, i) => i * 1000), MANY - 1, MANY]
  expect(await Promise.all(numbers.map((n) => index.get(key(n))))).toEqual(numbers)
  await index.close()
  expect(await numbersIn(folder, numbers)).toEqual(numbers)
})

test('what failed and was closed is not mended', async () => {
  using dir = tempDir()
  const folder = dir.join('gone.db')
  const index = await open(folder)
  rmSync(folder, { recursive: true })
  put(index, 0, MANY)
  await expect(index.flush({ sync: false })).rejects.toThrow(DiskError)
  await expect(index.close()).rejects.toThrow(DiskError)
  await index.mend()
  expect(index.failed).toBe(true)
  await expect(index.renew()).rejects.toMatchObject({ code: 'CLOSED' })
  await expect(index.finish()).rejects.toMatchObject({ code: 'CLOSED' })
})

/** Make other bytes of each table. */
function spoilTables(folder: string): void {
  for (const name of filesOf(folder, /\.ldb$/)) {
    const path = join(folder, name)
    const bytes = readFileSync(path).map((byte) => byte ^ 0xff)
    truncateSync(path, 0)
    appendFileSync(path, bytes)
  }
}

test('damage is told once, also to who listens later, and again of what is damaged after a renewal', async () => {
  using dir = tempDir()
  const index = await open(dir.path)
  const told: UnusableIndexError[] = []
  const spoil = async (): Promise<void> => {
    put(index, 0, 10)
    await index.flush({ sync: true })
    spoilTables(dir.path)
    for (const n of [1, 2]) await expect(index.get(key(n))).rejects.toMatchObject({ code: 'INDEX_CORRUPT' })
  }
  await spoil()
  index.onDamage((error) => told.push(error))
  expect(told).toMatchObject([{ code: 'INDEX_CORRUPT' }])
  await expect(index.get(key(3))).rejects.toThrow()
  expect(told).toHaveLength(1)
  await index.renew()
  expect(await index.get(key(1))).toBeUndefined()
  expect(told).toHaveLength(1)
  await spoil()
  expect(told).toHaveLength(2)
  await index.close()
})

test('damage is told though nobody looks anything up', async () => {
  using dir = tempDir()
  await (await open(dir.path)).close()
  // Too large to be read before LevelDB opens it, and nothing at all.
  const table = { number: 900, level: 2, bytes: 33 * 1_048_576, smallest: key(0), largest: key(9) }
  const [manifest = ''] = filesOf(dir.path, /^MANIFEST/)
  appendFileSync(dir.join(manifest), editRecord(edit.nextFile(901), edit.added(table)))
  appendFileSync(dir.join('000900.ldb'), '')
  truncateSync(dir.join('000900.ldb'), table.bytes)
  const index = await openLevelIndex({ folder: dir.path, createIfMissing: false })
  const error = await new Promise<UnusableIndexError>((resolve) => index.onDamage(resolve))
  expect(error).toMatchObject({ code: 'INDEX_CORRUPT', message: expect.stringContaining('table 900: has no footer') })
  await index.close()
})

test('one that is renewed begins empty and unfinished, without what waited to be written', async () => {
  using dir = tempDir()
  const index = await open(dir.path)
  put(index, 0, 10)
  await index.flush({ sync: false })
  put(index, 10, 20_000)
  const renewed = index.renew()
  put(index, 20_000, 40_000)
  await renewed
  expect(index.failed).toBe(false)
  const numbers = [0, 10, 9000, 19_999, 20_000, 39_999]
  expect(await Promise.all(numbers.map((n) => index.get(key(n))))).toEqual(numbers.map(() => undefined))
  put(index, 40_000, 60_000)
  await index.flush({ sync: true })
  expect(filesOf(dir.path, /^UNFINISHED$/)).toHaveLength(1)
  await index.finish()
  await index.close()
  expect(await numbersIn(dir.path, [...numbers, 40_000, 59_999])).toEqual([
    ...numbers.map(() => undefined),
    40_000,
    59_999,
  ])
})

test('one that failed is whole again when it was renewed', async () => {
  using dir = tempDir()
  const [folder, away] = [dir.join('a.db'), dir.join('away.db')]
  const index = await open(folder)
  renameSync(folder, away)
  put(index, 0, MANY)
  await expect(index.flush({ sync: false })).rejects.toThrow(DiskError)
  mkdirSync(folder)
  await index.mend()
  await expect(index.writable()).rejects.toMatchObject({ code: 'INDEX_CORRUPT' })
  await expect(index.get(key(MANY))).rejects.toMatchObject({ code: 'INDEX_CORRUPT' })
  await expect(index.renew()).rejects.toMatchObject({ code: 'FILE_REPLACED' })
  expect(readdirSync(folder)).toEqual([])
  rmSync(folder, { recursive: true })
  await expect(index.renew()).rejects.toMatchObject({ code: 'FILE_REPLACED' })
  renameSync(away, folder)
  await index.renew()
  expect(index.failed).toBe(false)
  put(index, 7, 8)
  await index.finish()
  await index.close()
  expect(await numbersIn(folder, [0, 7, MANY - 1])).toEqual([undefined, 7, undefined])
})

test('where nothing but the lock of LevelDB keeps others out, a fresh one takes nothing from them', async () => {
  using dir = tempDir()
  await using other = await holdIndex(dir.path)
  expect(other.said).toBe('open')
  const before = readdirSync(dir.path)
  const claim = {
    folder: dir.path,
    reach: 'this-process',
    isInPlace: async () => true,
    release: async () => undefined,
  } as const
  for (const fresh of [true, false]) {
    await expect(openLevelIndex({ folder: dir.path, createIfMissing: true, fresh, claim })).rejects.toThrow(LockedError)
  }
  expect(readdirSync(dir.path)).toEqual(expect.arrayContaining(before))
})

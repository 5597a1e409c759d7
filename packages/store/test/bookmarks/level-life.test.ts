import { execFileSync } from 'node:child_process'
import { readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { tempDir } from '@datastreamer/fixtures'
import { InternalError, invariant } from '@datastreamer/format'
import { ManualClock } from '@datastreamer/runtime/testing'
import { expect, test, vi } from 'vitest'
import { openLevelIndex } from '../../src/bookmarks/level-index.ts'
import { LevelWrites } from '../../src/bookmarks/level-writes.ts'
import { DiskError, LockedError } from '../../src/disk/errors.ts'
import { filesOf, MANY, numbersIn, openFinished, putNumbers } from './filled-index.ts'
import { key } from './log-in-memory.ts'
import { holdIndex } from './process.ts'

// What was put is written, even through failures.

const WAIT = { timeout: 60_000, interval: 5 }

function journalBytes(folder: string): number {
  return filesOf(folder, /^\d+\.log$/).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
}

test('keys of every length lead to their own numbers', async () => {
  using dir = tempDir()
  const keys = Array.from({ length: 16 }, (_, n) => new Uint8Array(n + 1).fill(0xff))
  const index = await openFinished(dir.path)
  index.put(keys.map((key, n) => ({ key, number: n })))
  index.remove([new Uint8Array(5).fill(0xff)])
  await index.flush({ sync: true })
  expect(await Promise.all(keys.map((key) => index.get(key)))).toEqual(keys.map((_, n) => (n === 4 ? undefined : n)))
  await index.close()
})

test('what was put or removed is written even if nothing waits for it', async () => {
  using dir = tempDir()
  const index = await openFinished(dir.path)
  for (const change of [() => putNumbers(index, 0, 1), () => index.remove([key(0)]), () => putNumbers(index, 0, 1)]) {
    const before = journalBytes(dir.path)
    change()
    await expect.poll(() => journalBytes(dir.path), WAIT).toBeGreaterThan(before)
  }
  await index.close()
})

test('what is synced is in a table, and only then', async () => {
  using dir = tempDir()
  const index = await openFinished(dir.path)
  const newest = (): number => Math.max(0, ...filesOf(dir.path, /\.ldb$/).map((name) => Number.parseInt(name, 10)))
  for (const n of [1, 2]) {
    const before = newest()
    putNumbers(index, n, n + 1)
    await index.flush({ sync: false })
    expect(newest()).toBe(before)
    await index.flush({ sync: true })
    expect(newest()).toBeGreaterThan(before)
  }
  await index.close()
})

test('everything that was put before closing is written', async () => {
  using dir = tempDir()
  const index = await openFinished(dir.path)
  putNumbers(index, 0, 20_000)
  await index.close()
  const numbers = [0, 4095, 4096, 8191, 8192, 12_345, 19_999]
  expect(await numbersIn(dir.path, numbers)).toEqual(numbers)
})

test('what could not be written is written once LevelDB is reopened', async () => {
  using dir = tempDir()
  const [folder, away] = [dir.join('a.db'), dir.join('away.db')]
  const index = await openFinished(folder)
  expect(index.failed).toBe(false)
  putNumbers(index, 0, 1)
  await index.flush({ sync: false })
  renameSync(folder, away)
  putNumbers(index, 1, MANY)
  await expect(index.flush({ sync: false })).rejects.toThrow(DiskError)
  expect(index.failed).toBe(true)
  renameSync(away, folder)
  await index.repair()
  expect(index.failed).toBe(false)
  expect(filesOf(folder, /^probe/)).toEqual([])
  putNumbers(index, MANY, MANY + 1)
  await index.flush({ sync: true })
  const numbers = [...Array.from({ length: 300 }, (_, i) => i * 1000), MANY - 1, MANY]
  expect(await Promise.all(numbers.map((n) => index.get(key(n))))).toEqual(numbers)
  await index.close()
  expect(await numbersIn(folder, numbers)).toEqual(numbers)
})

test('an index that failed and was closed is not repaired', async () => {
  using dir = tempDir()
  const folder = dir.join('gone.db')
  const index = await openFinished(folder)
  rmSync(folder, { recursive: true })
  putNumbers(index, 0, MANY)
  await expect(index.flush({ sync: false })).rejects.toThrow(DiskError)
  await expect(index.close()).rejects.toThrow(DiskError)
  await index.repair()
  expect(index.failed).toBe(true)
  await expect(index.renew()).rejects.toMatchObject({ code: 'CLOSED' })
  await expect(index.finish()).rejects.toMatchObject({ code: 'CLOSED' })
})

test('if only the lock of LevelDB keeps others out, a fresh index removes nothing of theirs', async () => {
  using dir = tempDir()
  await using other = await holdIndex(dir.path)
  expect(other.said).toBe('open')
  const before = readdirSync(dir.path)
  const claim = {
    folder: dir.path,
    reach: 'this-process',
    isAtPath: async () => true,
    release: async () => undefined,
  } as const
  for (const fresh of [true, false]) {
    await expect(openLevelIndex({ folder: dir.path, createIfMissing: true, fresh, claim })).rejects.toThrow(LockedError)
  }
  expect(readdirSync(dir.path)).toEqual(expect.arrayContaining(before))
})

test('a process stays alive as long as it waits for its index', () => {
  using dir = tempDir()
  const module = join(import.meta.dirname, '../../src/bookmarks/level-index.ts')
  const code = `import { openLevelIndex } from ${JSON.stringify(module)}
    const index = await openLevelIndex({ folder: ${JSON.stringify(dir.path)}, createIfMissing: true })
    const key = (n) => Uint8Array.of(1, n >> 8, n & 0xff)
    index.put(Array.from({ length: 20_000 }, (_, n) => ({ key: key(n), number: n })))
    console.log(...await Promise.all([index.get(key(20_000)), index.flush({ sync: false })]))
    console.log(...await Promise.all([index.get(key(7)), index.finish()]))
    await index.close()
    console.log('closed')`
  const args = ['--conditions=@datastreamer/source', '--no-warnings', '--input-type=module-typescript', '-e', code]
  const cwd = join(import.meta.dirname, '../..')
  const said = execFileSync(process.execPath, args, { cwd, timeout: 280_000, encoding: 'utf8' })
  expect(said.trim().split('\n')).toEqual(['undefined undefined', '7 undefined', 'closed'])
})

test('after a broken invariant nothing more is written, and no repair helps; renewing does', async () => {
  using dir = tempDir()
  const clock = new ManualClock()
  const index = await openLevelIndex({ folder: dir.path, createIfMissing: true, clock })
  await index.finish()
  const broken = vi.spyOn(LevelWrites.prototype, 'onWritten').mockImplementationOnce(() => {
    invariant(false, 'a segment is written that was not handed over')
  })
  try {
    putNumbers(index, 0, 1)
    await expect(index.flush({ sync: true })).rejects.toThrow(InternalError)
    for (let attempt = 0; attempt < 2; attempt++) {
      await index.repair()
      clock.advance(10_000)
      expect(index.failed).toBe(true)
      await expect(index.writable()).rejects.toThrow(InternalError)
    }
    await index.renew()
    expect(index.failed).toBe(false)
    putNumbers(index, 5, 6)
    await index.flush({ sync: true })
    expect(await index.get(key(5))).toBe(5)
  } finally {
    broken.mockRestore()
    await index.close()
  }
})

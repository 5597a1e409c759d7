import { execFileSync } from 'node:child_process'
import { readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tempDir } from '@datastreamer/fixtures'
import { ClassicLevel } from 'classic-level'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { BookmarkIndex } from '../../src/bookmarks/bookmark-index.ts'
import { UnusableIndexError } from '../../src/bookmarks/index-errors.ts'
import { openLevelIndex } from '../../src/bookmarks/level-index.ts'
import { DiskError, LockedError, RefusedError } from '../../src/disk/errors.ts'
import { key } from './log-in-memory.ts'
import { closeIndex, hold, holdIndex } from './process.ts'

async function open(folder: string, maxPendingBookmarks?: number): Promise<BookmarkIndex> {
  const index = await openLevelIndex({ folder, createIfMissing: true, maxPendingBookmarks })
  await index.finish()
  return index
}

test('keeps what was put; of equal bookmarks the last counts', async () => {
  using dir = tempDir()
  const folder = dir.join('sub', 'data-stream.db')
  const first = await open(folder)
  first.put([1, 2, 1].map((n, i) => ({ key: key(n), number: i })))
  first.put([{ key: new Uint8Array(16).fill(0xff), number: 2 ** 52 + 1 }])
  first.remove([key(2)])
  await first.close()

  const second = await open(folder)
  expect(await second.get(key(1))).toBe(2)
  expect(await second.get(key(2))).toBeUndefined()
  expect(await second.get(new Uint8Array(16).fill(0xff))).toBe(2 ** 52 + 1)
  expect(await second.get(new Uint8Array(17))).toBeUndefined()
  await second.close()
})

test('a value of another program that is not a number becomes one that no entry has', async () => {
  using dir = tempDir()
  const folder = dir.join('data-stream.db')
  const level = new ClassicLevel<Uint8Array, Uint8Array>(folder, { keyEncoding: 'view', valueEncoding: 'view' })
  await level.open()
  for (const bytes of [0, 7, 9]) await level.put(key(bytes), new Uint8Array(bytes))
  await level.close()
  const index = await openLevelIndex({ folder, createIfMissing: false })
  for (const bytes of [0, 7, 9]) expect(await index.get(key(bytes))).toBe(Number.MAX_SAFE_INTEGER)
  await index.close()
})

test('answers from changes that are not written yet, and accepts only bookmarks', async () => {
  using dir = tempDir()
  const index = await open(dir.path)
  const all = Array.from({ length: 20_000 }, (_, n) => ({ key: key(n), number: 3 * n }))
  index.put(all)
  expect(await index.get(key(19_999))).toBe(59_997)
  expect(await Promise.all([0, 4095, 4096, 12_345].map((n) => index.get(key(n))))).toEqual([0, 12_285, 12_288, 37_035])
  index.remove([key(4096)])
  expect(await index.get(key(4096))).toBeUndefined()
  for (const length of [0, 17]) {
    expect(() => index.put([{ key: new Uint8Array(length), number: 1 }])).toThrow(RangeError)
    expect(() => index.remove([new Uint8Array(length)])).toThrow(RangeError)
  }
  await index.flush({ sync: true })
  expect(await index.get(key(19_999))).toBe(59_997)
  expect(await index.get(key(4096))).toBeUndefined()
  await index.close()
})

test('looks up a key that is part of a larger buffer, and does not keep it', async () => {
  using dir = tempDir()
  const index = await open(dir.path)
  const page = new Uint8Array(1_048_576)
  page.set(key(5), 1000)
  index.put([{ key: page.subarray(1000, 1009), number: 5 }])
  await index.flush({ sync: false })
  const found = index.get(page.subarray(1000, 1009))
  page.fill(0xee)
  expect(await found).toBe(5)
  await index.close()
})

test('writable waits while too much is pending', async () => {
  using dir = tempDir()
  const index = await open(dir.path, 10_000)
  index.put(Array.from({ length: 9_999 }, (_, n) => ({ key: key(n), number: n })))
  let waited = false
  setImmediate(() => {
    waited = true
  })
  await index.writable()
  expect(waited).toBe(false)
  index.put([{ key: key(10_000), number: 1 }])
  await index.writable()
  expect(waited).toBe(true)
  await index.close()
})

test('agrees with a map through puts, removals, flushes and restarts', async () => {
  using dir = tempDir()
  const keys = fc.oneof(
    fc.nat(5).map((n) => key(n)),
    fc.uint8Array({ minLength: 1, maxLength: 2, max: 2 }),
    fc.uint8Array({ minLength: 16, maxLength: 16, max: 1 }),
  )
  const step = fc.oneof(
    { weight: 8, arbitrary: fc.record({ do: fc.constant('put' as const), key: keys, number: fc.maxSafeNat() }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('remove' as const), key: keys }) },
    { weight: 8, arbitrary: fc.record({ do: fc.constant('get' as const), key: keys }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('flush', 'sync', 'flush', 'sync', 'flush', 'reopen') }) },
  )
  let index = await open(dir.path)
  const property = fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
    const map = new Map<string, number>()
    const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
    for (const step of steps) {
      if (step.do === 'put') {
        index.put([step])
        map.set(text(step.key), step.number)
      } else if (step.do === 'remove') {
        index.remove([step.key])
        map.delete(text(step.key))
      } else if (step.do === 'get') {
        expect(await index.get(step.key)).toBe(map.get(text(step.key)))
      } else if (step.do === 'reopen') {
        await index.close()
        index = await open(dir.path)
      } else {
        await index.flush({ sync: step.do === 'sync' })
      }
    }
    for (const [hex, number] of map) expect(await index.get(Buffer.from(hex, 'hex'))).toBe(number)
    index.remove([...map.keys()].map((hex) => Buffer.from(hex, 'hex')))
  })
  await fc.assert(property, { numRuns: 30 })
  await index.close()
})

test('has one owner in this process, under any path, and keeps others out meanwhile', async () => {
  using dir = tempDir()
  const folder = dir.join('a.db')
  const index = await open(folder)
  symlinkSync(folder, dir.join('b.db'))
  await expect(open(folder)).rejects.toThrow(LockedError)
  await expect(open(dir.join('b.db'))).rejects.toThrow(LockedError)
  await using other = await holdIndex(folder)
  expect(other.said).toBe('LOCKED')
  await other.kill()
  await index.close()
  await (await open(dir.join('b.db'))).close()
})

test('has one owner among processes; a killed one releases it and loses nothing', async () => {
  using dir = tempDir()
  await using other = await holdIndex(dir.path)
  expect(other.said).toBe('open')
  await expect(open(dir.path)).rejects.toMatchObject({ code: 'LOCKED', retryable: true })
  await other.kill()
  const index = await open(dir.path)
  expect(await index.get(key(1))).toBe(77)
  await index.close()
})

const hasFlock = process.platform === 'linux' && isRunnable('flock')

test.skipIf(!hasFlock)('is refused while a program that locks like the Go server holds it', async () => {
  using dir = tempDir()
  await (await open(dir.path)).close()
  await using other = await hold('flock', [
    '--no-fork',
    join(dir.path, 'LOCK'),
    'sh',
    '-c',
    'echo locked; exec sleep 60',
  ])
  expect(other.said).toBe('locked')
  await expect(open(dir.path)).rejects.toThrow(LockedError)
  await other.kill()
})

test('a missing or damaged index is reported and can be rebuilt', async () => {
  using dir = tempDir()
  const missing = openLevelIndex({ folder: dir.join('none'), createIfMissing: false })
  await expect(missing).rejects.toMatchObject({ code: 'INDEX_MISSING' })
  expect(readdirSync(dir.path)).toEqual([])

  for (const harm of [overwriteManifest, removeManifest, overwriteCurrent]) {
    const folder = dir.join(harm.name)
    const index = await open(folder)
    index.put([{ key: key(1), number: 1 }])
    await index.close()
    harm(folder)
    await expect(open(folder), harm.name).rejects.toThrow(UnusableIndexError)
    const fresh = await openLevelIndex({ folder, createIfMissing: false, fresh: true })
    expect(await fresh.get(key(1)), harm.name).toBeUndefined()
    fresh.put([{ key: key(2), number: 2 }])
    await fresh.close()
    // It was not finished.
    await expect(open(folder), harm.name).rejects.toThrow(UnusableIndexError)
    const finished = await openLevelIndex({ folder, createIfMissing: false, fresh: true })
    finished.put([{ key: key(2), number: 2 }])
    await finished.finish()
    await finished.close()
    const again = await open(folder)
    expect(await again.get(key(2))).toBe(2)
    await again.close()
  }
})

test('a failing disk is reported to all pending calls, and closing releases everything', async () => {
  using dir = tempDir()
  const folder = dir.join('gone.db')
  const index = await open(folder)
  rmSync(folder, { recursive: true })
  const before = expect(index.get(key(1))).rejects.toMatchObject({ code: 'INDEX_CORRUPT' })
  index.put(Array.from({ length: 300_000 }, (_, n) => ({ key: key(n), number: n })))
  await expect(index.flush({ sync: true })).rejects.toThrow(DiskError)
  await before
  await expect(index.flush({ sync: true })).rejects.toMatchObject({ code: 'WRITE_FAILED' })
  await index.close().catch((error: unknown) => expect(error).toBeInstanceOf(DiskError))
  await (await open(folder)).close()
})

test.skipIf(process.platform !== 'linux')('LevelDB stays in memory, for its thread that outlives ours', async () => {
  using dir = tempDir()
  await using process = await closeIndex(dir.join('index.db'))
  expect(process.said).toBe('false true true')
  await process.kill()
})

test('what was put is found even after a failed write', async () => {
  using dir = tempDir()
  const folder = dir.join('gone.db')
  const index = await open(folder)
  index.put([{ key: key(1), number: 1 }])
  await index.flush({ sync: false })
  rmSync(folder, { recursive: true })
  index.put(Array.from({ length: 300_000 }, (_, n) => ({ key: key(n + 2), number: n + 2 })))
  await expect(index.flush({ sync: false })).rejects.toThrow(DiskError)
  index.put([{ key: key(400_000), number: 400_000 }])
  index.remove([key(300_000)])
  await expect(index.writable()).rejects.toThrow(DiskError)
  const numbers = [299_998, 300_000, 300_001, 400_000]
  const found = await Promise.all(numbers.map((number) => index.get(key(number))))
  expect(found).toEqual([299_998, undefined, 300_001, 400_000])
  // It is unknown whether LevelDB's answers about the rest are right.
  for (const n of [1, 400_001]) await expect(index.get(key(n))).rejects.toMatchObject({ code: 'INDEX_CORRUPT' })
  // Its folder was removed: reopened it would be empty.
  await index.repair()
  expect(index.failed).toBe(true)
  expect(await index.get(key(400_000))).toBe(400_000)
  await index.close().catch((error: unknown) => expect(error).toBeInstanceOf(DiskError))
  await expect(index.get(key(1))).rejects.toThrow(RefusedError)
})

test('a folder that cannot be made is an error of the disk', async () => {
  using dir = tempDir()
  writeFileSync(dir.join('file'), '')
  await expect(open(dir.join('file', 'a.db'))).rejects.toThrow(DiskError)
  writeFileSync(dir.join('CURRENT'), '')
  await expect(open(dir.join('CURRENT'))).rejects.toThrow(DiskError)
})

test('closes under look-ups, once, and refuses from then on', async () => {
  using dir = tempDir()
  const index = await open(dir.path)
  index.put([{ key: key(1), number: 1 }])
  await index.flush({ sync: false })
  const found = Promise.all(Array.from({ length: 100 }, (_, n) => index.get(key(n))))
  await Promise.all([index.close(), index.close()])
  expect((await found).filter((number) => number !== undefined)).toEqual([1])
  await index.close()
  await expect(index.get(key(1))).rejects.toThrow(RefusedError)
  await expect(index.flush({ sync: false })).rejects.toMatchObject({ code: 'CLOSED' })
  expect(() => index.put([])).toThrow(RefusedError)
  expect(() => index.remove([])).toThrow(RefusedError)
})

test('an abort while opening releases all', async () => {
  using dir = tempDir()
  const folder = dir.join('a.db')
  const stop = new AbortController()
  const opening = openLevelIndex({ folder, createIfMissing: true, signal: stop.signal })
  stop.abort(new Error('no longer wanted'))
  await expect(opening).rejects.toThrow('no longer wanted')
  await (await openLevelIndex({ folder, createIfMissing: true, fresh: true })).close()
})

test('an open index does not keep its process alive', async () => {
  using dir = tempDir()
  const module = join(import.meta.dirname, '../../src/bookmarks/level-index.ts')
  const code = `import { openLevelIndex } from ${JSON.stringify(module)}
    const index = await openLevelIndex({ folder: ${JSON.stringify(dir.path)}, createIfMissing: true })
    index.put([{ key: Uint8Array.of(1), number: 4 }])
    await index.flush({ sync: false })
    console.log(await index.get(Uint8Array.of(1)))`
  const args = ['--conditions=@datastreamer/source', '--no-warnings', '--input-type=module-typescript', '-e', code]
  const cwd = join(import.meta.dirname, '../..')
  expect(execFileSync(process.execPath, args, { cwd, timeout: 280_000, encoding: 'utf8' }).trim()).toBe('4')
})

function isRunnable(command: string): boolean {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function manifestOf(folder: string): string {
  return join(folder, readdirSync(folder).find((name) => name.startsWith('MANIFEST')) ?? '')
}

function overwriteManifest(folder: string): void {
  writeFileSync(manifestOf(folder), new Uint8Array(500).fill(1))
}

function removeManifest(folder: string): void {
  rmSync(manifestOf(folder))
}

function overwriteCurrent(folder: string): void {
  writeFileSync(join(folder, 'CURRENT'), 'garbage')
}

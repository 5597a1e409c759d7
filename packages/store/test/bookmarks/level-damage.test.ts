import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
} from 'node:fs'
import { join } from 'node:path'
import { tempDir } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import type { UnusableIndexError } from '../../src/bookmarks/index-errors.ts'
import { claimFolder } from '../../src/bookmarks/level-folder.ts'
import { openLevelIndex } from '../../src/bookmarks/level-index.ts'
import { DiskError } from '../../src/disk/errors.ts'
import { filesOf, MANY, numbersIn, openFinished, putNumbers } from './filled-index.ts'
import { key } from './log-in-memory.ts'
import { edit, editRecord } from './made-level.ts'

// An index that reports damage, and is renewed.

/** Change bytes of each table. */
function spoilTables(folder: string): void {
  for (const name of filesOf(folder, /\.ldb$/)) {
    const path = join(folder, name)
    const bytes = readFileSync(path).map((byte) => byte ^ 0xff)
    truncateSync(path, 0)
    appendFileSync(path, bytes)
  }
}

test('damage is reported once, even to a later listener, and again if it occurs after a renewal', async () => {
  using dir = tempDir()
  const index = await openFinished(dir.path)
  const found: UnusableIndexError[] = []
  const spoil = async (): Promise<void> => {
    putNumbers(index, 0, 10)
    await index.flush({ sync: true })
    spoilTables(dir.path)
    for (const n of [1, 2]) await expect(index.get(key(n))).rejects.toMatchObject({ code: 'INDEX_CORRUPT' })
  }
  await spoil()
  index.onDamage((error) => found.push(error))
  expect(found).toMatchObject([{ code: 'INDEX_CORRUPT' }])
  await expect(index.get(key(3))).rejects.toThrow()
  expect(found).toHaveLength(1)
  await index.renew()
  expect(await index.get(key(1))).toBeUndefined()
  expect(found).toHaveLength(1)
  await spoil()
  expect(found).toHaveLength(2)
  await index.close()
})

test.runIf(process.platform === 'linux')(
  'what the disk cannot read is as good as damaged, what it refuses is not',
  async () => {
    using dir = tempDir()
    const index = await openFinished(dir.path)
    const found: UnusableIndexError[] = []
    index.onDamage((error) => found.push(error))
    const lead = (target: string): void => {
      rmSync(dir.join('CURRENT'))
      symlinkSync(target, dir.join('CURRENT'))
    }
    lead('CURRENT')
    await expect(index.get(key(1))).rejects.toMatchObject({ code: 'WRITE_FAILED', cause: { code: 'ELOOP' } })
    expect(found).toEqual([])
    // Reads of it fail like those of a bad disk.
    lead('/proc/self/mem')
    await expect(index.get(key(1))).rejects.toMatchObject({ code: 'INDEX_CORRUPT', cause: { code: 'EIO' } })
    expect(found).toHaveLength(1)
    await index.close()
  },
)

test('damage is reported even without look-ups', async () => {
  using dir = tempDir()
  await (await openFinished(dir.path)).close()
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

test('one that is renewed is empty and unfinished, without the changes that were pending', async () => {
  using dir = tempDir()
  // Answers at once, so that nothing is written meanwhile.
  const claim = { ...(await claimFolder(dir.path, true)), isAtPath: async () => true }
  const index = await openLevelIndex({ folder: dir.path, createIfMissing: true, claim })
  putNumbers(index, 0, 10)
  await index.flush({ sync: false })
  putNumbers(index, 10, 20_000)
  const found = expect(index.flush({ sync: false })).rejects.toMatchObject({ code: 'WRITE_FAILED' })
  const renewed = index.renew()
  putNumbers(index, 20_000, 40_000)
  await renewed
  await found
  expect(index.failed).toBe(false)
  const numbers = [0, 10, 9000, 19_999, 20_000, 39_999]
  expect(await Promise.all(numbers.map((n) => index.get(key(n))))).toEqual(numbers.map(() => undefined))
  putNumbers(index, 40_000, 60_000)
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

test('one that failed is whole again after it was renewed', async () => {
  using dir = tempDir()
  const [folder, away] = [dir.join('a.db'), dir.join('away.db')]
  const index = await openFinished(folder)
  renameSync(folder, away)
  putNumbers(index, 0, MANY)
  await expect(index.flush({ sync: false })).rejects.toThrow(DiskError)
  mkdirSync(folder)
  await index.repair()
  await expect(index.writable()).rejects.toMatchObject({ code: 'INDEX_CORRUPT' })
  await expect(index.get(key(MANY))).rejects.toMatchObject({ code: 'INDEX_CORRUPT' })
  await expect(index.renew()).rejects.toMatchObject({ code: 'FILE_REPLACED' })
  expect(readdirSync(folder)).toEqual([])
  rmSync(folder, { recursive: true })
  await expect(index.renew()).rejects.toMatchObject({ code: 'FILE_REPLACED' })
  renameSync(away, folder)
  await index.renew()
  expect(index.failed).toBe(false)
  putNumbers(index, 7, 8)
  await index.finish()
  await index.close()
  expect(await numbersIn(folder, [0, 7, MANY - 1])).toEqual([undefined, 7, undefined])
})

test('one is not renewed if its folder cannot be checked', async () => {
  using dir = tempDir()
  const refuse = async (): Promise<never> => {
    throw new Error('no permission')
  }
  const claim = { ...(await claimFolder(dir.path, true)), isAtPath: refuse }
  const index = await openLevelIndex({ folder: dir.path, createIfMissing: true, claim })
  putNumbers(index, 0, 10)
  await expect(index.renew()).rejects.toMatchObject({ code: 'FILE_REPLACED' })
  expect(await index.get(key(9))).toBe(9)
  await index.finish()
  await index.close()
  expect(await numbersIn(dir.path, [0, 9])).toEqual([0, 9])
})

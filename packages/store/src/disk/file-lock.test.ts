import { mkdirSync, symlinkSync } from 'node:fs'
import { tempDir } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import { lockAt } from './file-lock.ts'

test('a file is made and locked once, under any name, until the lock is released', async () => {
  using dir = tempDir()
  symlinkSync('file', dir.join('link'))
  const lock = await lockAt(dir.join('file'))
  expect(await lock?.isAt(dir.join('file'))).toBe(true)
  expect(await lock?.isAt(dir.join('link'))).toBe(true)
  expect(await lock?.isAt(dir.join('absent'))).toBe(false)
  expect(await lockAt(dir.join('file'))).toBeUndefined()
  expect(await lockAt(dir.join('link'))).toBeUndefined()
  await lock?.release()
  const again = await lockAt(dir.join('link'))
  expect(again?.reach).toBe(lock?.reach)
  await again?.release()
})

test('of several concurrent calls one gets the lock', async () => {
  using dir = tempDir()
  const locks = await Promise.all([1, 2, 3].map(() => lockAt(dir.join('file'))))
  expect(locks.filter((lock) => lock !== undefined)).toHaveLength(1)
  for (const lock of locks) await lock?.release()
})

test('a file that cannot be made is reported, and leaves nothing locked', async () => {
  using dir = tempDir()
  mkdirSync(dir.join('folder'))
  await expect(lockAt(dir.join('folder'))).rejects.toMatchObject({ code: 'EISDIR' })
  await expect(lockAt(dir.join('absent', 'file'))).rejects.toMatchObject({ code: 'ENOENT' })
})

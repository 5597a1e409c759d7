import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { tempDir } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import { DiskError, LockedError } from '../disk/errors.ts'
import { UNFINISHED_FILE } from './level-check/check.ts'
import { removeLevelFiles } from './level-files.ts'
import { claimFolder, removeLevelFolder } from './level-folder.ts'

const LEVEL_FILES = [
  'CURRENT',
  'MANIFEST-000002',
  'LOG',
  'LOG.old',
  '000003.log',
  '000004.ldb',
  '000005.sst',
  '6.dbtmp',
]

test("what LevelDB keeps is removed, but not its lock and what is somebody else's", async () => {
  using dir = tempDir()
  const others = ['LOCK', 'notes', '000004.ldb.old', 'xCURRENT', 'x000003.log', UNFINISHED_FILE]
  for (const name of [...LEVEL_FILES, ...others]) writeFileSync(dir.join(name), '')
  mkdirSync(dir.join('folder'))
  await removeLevelFiles(dir.path)
  expect(new Set(readdirSync(dir.path))).toEqual(new Set([...others, 'folder']))
})

test('the folder of an index is removed, also of one that was being made or removed', async () => {
  using dir = tempDir()
  const folder = dir.join('a.db')
  for (const names of [LEVEL_FILES, [UNFINISHED_FILE, '000003.log'], ['LOCK'], []]) {
    mkdirSync(folder)
    for (const name of names) writeFileSync(`${folder}/${name}`, '')
    await removeLevelFolder(folder)
    expect(readdirSync(dir.path)).toEqual([])
  }
  await removeLevelFolder(dir.join('missing', 'a.db'))
  expect(readdirSync(dir.path)).toEqual([])
})

test('the folder of an index that somebody has, or that holds something else, stays', async () => {
  using dir = tempDir()
  const folder = dir.join('a.db')
  const claim = await claimFolder(folder, true)
  writeFileSync(`${folder}/CURRENT`, '')
  await expect(removeLevelFolder(folder)).rejects.toThrow(LockedError)
  expect(new Set(readdirSync(folder))).toEqual(new Set(['CURRENT', 'LOCK']))
  await claim.release()
  writeFileSync(`${folder}/notes`, '')
  await expect(removeLevelFolder(folder)).rejects.toThrow()
  expect(readdirSync(folder)).toEqual(['notes'])
})

test('a folder that cannot be removed is released', async () => {
  using dir = tempDir()
  mkdirSync(dir.join('000003.log'))
  await expect(removeLevelFolder(dir.path)).rejects.toThrow()
  const claim = await claimFolder(dir.path, true)
  await claim.release()
})

test('a claim says whether it can be had', async () => {
  using dir = tempDir()
  await expect(claimFolder(dir.join('none'), false)).rejects.toMatchObject({ code: 'INDEX_MISSING' })
  expect(existsSync(dir.join('none'))).toBe(false)
  mkdirSync(dir.join('odd.db', 'LOCK'), { recursive: true })
  await expect(claimFolder(dir.join('odd.db'), true)).rejects.toThrow(DiskError)
  writeFileSync(dir.join('file'), '')
  const none = claimFolder(dir.join('file', 'a.db'), true)
  await expect(none).rejects.toThrow(/: no folder for the bookmark index: /)

  const claim = await claimFolder(dir.join('a.db'), true)
  symlinkSync('a.db', dir.join('b.db'))
  await expect(claimFolder(dir.join('b.db'), true)).rejects.toMatchObject({ code: 'LOCKED' })
  await Promise.all([claim.release(), claim.release()])
  await (await claimFolder(dir.join('b.db'), true)).release()
})

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { link } from 'node:fs/promises'
import { tempDir } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { renameOnly } from './rename-only.ts'

/** A `link` that fails, as on some file systems. */
function failing(code: string): typeof link {
  return async () => {
    throw Object.assign(new Error(code), { code })
  }
}

/** Errors where a file can have only one name, or no more names. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']

describe.each([undefined, ...NO_LINKS])('where links fail with %s', (code) => {
  const makeLink = code === undefined ? link : failing(code)

  test('a file is renamed', async () => {
    using dir = tempDir()
    writeFileSync(dir.join('from'), 'content')
    await renameOnly(dir.join('from'), dir.join('to'), makeLink)
    expect(existsSync(dir.join('from'))).toBe(false)
    expect(readFileSync(dir.join('to'), 'utf8')).toBe('content')
  })

  test('never over another one', async () => {
    using dir = tempDir()
    writeFileSync(dir.join('from'), 'content')
    writeFileSync(dir.join('to'), 'other')
    await expect(renameOnly(dir.join('from'), dir.join('to'), makeLink)).rejects.toMatchObject({ code: 'EEXIST' })
    expect(readFileSync(dir.join('from'), 'utf8')).toBe('content')
    expect(readFileSync(dir.join('to'), 'utf8')).toBe('other')
  })
})

test('a name that was claimed is free again if the rename fails', async () => {
  using dir = tempDir()
  // A folder can be neither hard linked nor renamed over a file.
  mkdirSync(dir.join('from'))
  await expect(renameOnly(dir.join('from'), dir.join('to'))).rejects.toThrow()
  expect(existsSync(dir.join('from'))).toBe(true)
  expect(existsSync(dir.join('to'))).toBe(false)
})

test('any other error of `link` is thrown', async () => {
  using dir = tempDir()
  writeFileSync(dir.join('from'), '')
  const renamed = renameOnly(dir.join('from'), dir.join('to'), failing('EIO'))
  await expect(renamed).rejects.toMatchObject({ code: 'EIO' })
  expect(existsSync(dir.join('to'))).toBe(false)
})

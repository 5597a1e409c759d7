import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { link } from 'node:fs/promises'
import { tempDir } from '@datastreamer/fixtures'
import { describe, expect, test, vi } from 'vitest'
import { renameOnly } from './rename-only.ts'

vi.mock(import('node:fs/promises'), async (original) => {
  const real = await original()
  return { ...real, link: vi.fn(real.link) }
})

/** What is said by systems where a file has one name only, or no more names. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']

describe.each([undefined, ...NO_LINKS])('where links fail with %s', (code) => {
  function failIfAny(): void {
    if (code !== undefined) vi.mocked(link).mockRejectedValueOnce(Object.assign(new Error(code), { code }))
  }

  test('a file gets another name', async () => {
    using dir = tempDir()
    writeFileSync(dir.join('from'), 'content')
    failIfAny()
    await renameOnly(dir.join('from'), dir.join('to'))
    expect(existsSync(dir.join('from'))).toBe(false)
    expect(readFileSync(dir.join('to'), 'utf8')).toBe('content')
  })

  test('never that of another', async () => {
    using dir = tempDir()
    writeFileSync(dir.join('from'), 'content')
    writeFileSync(dir.join('to'), 'other')
    failIfAny()
    await expect(renameOnly(dir.join('from'), dir.join('to'))).rejects.toMatchObject({ code: 'EEXIST' })
    expect(readFileSync(dir.join('from'), 'utf8')).toBe('content')
    expect(readFileSync(dir.join('to'), 'utf8')).toBe('other')
  })
})

test('a name that was taken for a file that cannot get it is free again', async () => {
  using dir = tempDir()
  // No system makes links to folders, nor puts one in the place of a file.
  mkdirSync(dir.join('from'))
  await expect(renameOnly(dir.join('from'), dir.join('to'))).rejects.toThrow()
  expect(existsSync(dir.join('from'))).toBe(true)
  expect(existsSync(dir.join('to'))).toBe(false)
})

test('any other failure of a link is told', async () => {
  using dir = tempDir()
  writeFileSync(dir.join('from'), '')
  vi.mocked(link).mockRejectedValueOnce(Object.assign(new Error('EIO'), { code: 'EIO' }))
  await expect(renameOnly(dir.join('from'), dir.join('to'))).rejects.toMatchObject({ code: 'EIO' })
  expect(existsSync(dir.join('to'))).toBe(false)
})

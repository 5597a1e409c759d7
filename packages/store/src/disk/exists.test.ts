import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { tempDir } from '@datastreamer/fixtures'
import { afterEach, expect, test, vi } from 'vitest'
import { exists } from './exists.ts'

/** Error codes to simulate, by path: root would not get them from the system. */
const failing = vi.hoisted(() => new Map<string, string>())
vi.mock('node:fs/promises', async (load) => {
  const real = await load<typeof import('node:fs/promises')>()
  const failingStat = (call: (path: string) => Promise<unknown>) => async (path: string) => {
    const code = failing.get(path)
    if (code !== undefined) throw Object.assign(new Error(`${code}: simulated`), { code })
    return call(path)
  }
  return { ...real, stat: failingStat(real.stat), lstat: failingStat(real.lstat) }
})
afterEach(() => failing.clear())

test('only what the system reports as absent is absent', async () => {
  using dir = tempDir()
  writeFileSync(dir.join('file'), '')
  symlinkSync('file', dir.join('link'))
  mkdirSync(dir.join('folder'))
  symlinkSync('folder', dir.join('link-to-folder'))
  expect(await exists(dir.join('file'))).toBe(true)
  expect(await exists(dir.join('link'))).toBe(true)
  expect(await exists(dir.join('folder'))).toBe(true)
  expect(await exists(dir.join('absent'))).toBe(false)
  expect(await exists(dir.join('absent', 'further', 'down'))).toBe(false)
  expect(await exists(dir.join('link-to-folder', 'absent'))).toBe(false)
  // A file is no folder, so nothing is known of a path inside it.
  await expect(exists(dir.join('file', 'in-a-file'))).rejects.toMatchObject({ code: 'ENOTDIR' })
  await expect(exists(dir.join('x'.repeat(300)))).rejects.toMatchObject({ code: 'ENAMETOOLONG' })
})

test('a dangling link anywhere on the path is named with its target', async () => {
  using dir = tempDir()
  mkdirSync(dir.join('folder'))
  symlinkSync('../volume', dir.join('folder', 'link'))
  for (const path of [['link'], ['link', 'file'], ['link', 'further', 'down']]) {
    const at = dir.join('folder', ...path)
    const message = `${at}: the link ${dir.join('folder', 'link')} leads to ${dir.join('volume')}, where nothing is`
    await expect(exists(at)).rejects.toMatchObject({ code: 'LEADS_NOWHERE', message })
  }
})

test.each(['EIO', 'EACCES', 'ESTALE', 'ETIMEDOUT'])('what cannot be examined may exist: %s', async (code) => {
  using dir = tempDir()
  writeFileSync(dir.join('file'), '')
  failing.set(dir.join('file'), code)
  await expect(exists(dir.join('file'))).rejects.toMatchObject({ code })
  failing.set(dir.path, code)
  await expect(exists(dir.join('absent'))).rejects.toMatchObject({ code })
})

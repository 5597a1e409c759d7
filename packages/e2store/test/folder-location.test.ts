import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { tempDir } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { folderLocation, openLocation } from '../src/node.ts'

describe('a folder', () => {
  test('lists its files with their sizes, sorted, and nothing else', async () => {
    using dir = tempDir()
    mkdirSync(dir.join('below'))
    writeFileSync(dir.join('below', 'c.era1'), '')
    writeFileSync(dir.join('b.era1'), 'xyz')
    writeFileSync(dir.join('a.txt'), 'x')
    writeFileSync(dir.join('back\\slash'), 'x')
    symlinkSync(dir.join('b.era1'), dir.join('link.era1'))
    symlinkSync(dir.join('nowhere'), dir.join('dangling'))
    const location = folderLocation(dir.path)
    expect(location.name).toBe(dir.path)
    expect(await location.list()).toEqual([
      { name: 'a.txt', size: 1 },
      { name: 'b.era1', size: 3 },
      { name: 'link.era1', size: 3 },
    ])
  })

  test('opens files for random access', async () => {
    using dir = tempDir()
    writeFileSync(dir.join('a.era1'), 'abcdef')
    await using file = await folderLocation(dir.path).open('a.era1')
    expect([file.name, file.size]).toEqual(['a.era1', 6])
    expect(new TextDecoder().decode(await file.read(2, 3))).toBe('cde')
  })

  test('gives small files as text', async () => {
    using dir = tempDir()
    writeFileSync(dir.join('urls.txt'), 'one\ntwo\n')
    const location = folderLocation(dir.path)
    expect(await location.readText('urls.txt')).toBe('one\ntwo\n')
    expect(await location.readText('checksums.txt')).toBeUndefined()
  })

  test.each(['../a', '..', '.', '', 'a/b', 'a\\b', 'a\0b', 'c:a', 'x'.repeat(256)])(
    'has no file named %j',
    async (name) => {
      using dir = tempDir()
      const location = folderLocation(dir.path)
      await expect(location.open(name)).rejects.toMatchObject({ name: 'LocationError', code: 'BAD_NAME' })
      await expect(location.readText(name)).rejects.toMatchObject({ code: 'BAD_NAME' })
    },
  )

  test('that is not there is reported, as is a file in it', async () => {
    using dir = tempDir()
    await expect(folderLocation(dir.join('none')).list()).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(folderLocation(dir.path).open('none')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(openLocation(dir.join('none'))).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})

describe('openLocation', () => {
  test('takes a folder, a file, and the address of one', async () => {
    using dir = tempDir()
    writeFileSync(dir.join('a.era1'), 'abc')
    writeFileSync(dir.join('b.era1'), 'abcd')
    for (const text of [dir.path, pathToFileURL(dir.path).href]) {
      await using location = await openLocation(text)
      expect((await location.list()).map(({ name }) => name)).toEqual(['a.era1', 'b.era1'])
    }
    for (const text of [dir.join('a.era1'), pathToFileURL(dir.join('a.era1')).href]) {
      await using location = await openLocation(text)
      expect(await location.list()).toEqual([{ name: 'a.era1' }])
      await using file = await location.open('a.era1')
      expect(file.size).toBe(3)
      await expect(location.open('b.era1')).rejects.toMatchObject({ code: 'NOT_FOUND' })
      expect(await location.readText('b.era1')).toBeUndefined()
    }
  })

  test.each(['ftp://a/b', 'file://other.host/a'])('does not take %s', async (text) => {
    await expect(openLocation(text)).rejects.toMatchObject({ code: 'BAD_ADDRESS' })
  })
})

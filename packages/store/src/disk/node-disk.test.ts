import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { tempDir } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { readExactly, writeAll } from './disk.ts'
import { nodeDisk } from './node-disk.ts'

describe('a file', () => {
  test('is read and written anywhere, in any number of chunks', async () => {
    using dir = tempDir()
    const file = await nodeDisk.open(dir.join('file'), 'create')
    // More than one call accepts, after an empty one.
    const chunks = [new Uint8Array(0), ...Array.from({ length: 2500 }, (_, i) => Uint8Array.of(i, i >> 8, 7))]
    await writeAll(file, chunks, 10)
    expect(await file.size()).toBe(10 + 7500)
    const read = await readExactly(file, 10, 7500)
    expect(Buffer.compare(read, Buffer.concat(chunks))).toBe(0)
    const more = new Uint8Array(20)
    expect(await file.read(more, 7500)).toBe(10)
    expect(more.subarray(10)).toEqual(new Uint8Array(10))
    const message = `the file ends at byte ${7510}, expected ${7520}`
    await expect(readExactly(file, 7500, 20)).rejects.toThrow(new RangeError(message))
    await file.resize(12)
    expect(await file.size()).toBe(12)
    await file.close()
    expect(readFileSync(dir.join('file'))).toEqual(Buffer.from([...new Uint8Array(10), 0, 0]))
  })

  test('is made in mode `create` only, and written in all modes but `read`', async () => {
    using dir = tempDir()
    const path = dir.join('file')
    await expect(nodeDisk.open(path, 'read')).rejects.toMatchObject({ code: 'ENOENT' })
    await expect(nodeDisk.open(path, 'write')).rejects.toMatchObject({ code: 'ENOENT' })
    await (await nodeDisk.open(path, 'create')).close()
    const writing = await nodeDisk.open(path, 'write')
    await writeAll(writing, [Uint8Array.of(1)], 0)
    await writing.close()
    const again = await nodeDisk.open(path, 'create')
    expect(await again.size()).toBe(1)
    await again.close()
    const reading = await nodeDisk.open(path, 'read')
    await expect(writeAll(reading, [Uint8Array.of(1)], 0)).rejects.toMatchObject({ code: 'EBADF' })
    expect(await reading.size()).toBe(1)
    await reading.close()
  })

  test('is not made through a dangling link', async () => {
    using dir = tempDir()
    symlinkSync('nowhere', dir.join('link'))
    await expect(nodeDisk.open(dir.join('link'), 'create')).rejects.toMatchObject({ code: 'LEADS_NOWHERE' })
    expect(existsSync(dir.join('nowhere'))).toBe(false)
  })

  test('is at a path as long as that leads to it', async () => {
    using dir = tempDir()
    const file = await nodeDisk.open(dir.join('file'), 'create')
    symlinkSync('file', dir.join('link'))
    writeFileSync(dir.join('other'), '')
    expect(await file.isAt(dir.join('file'))).toBe(true)
    expect(await file.isAt(dir.join('link'))).toBe(true)
    expect(await file.isAt(dir.join('other'))).toBe(false)
    expect(await file.isAt(dir.join('absent'))).toBe(false)
    await expect(file.isAt(dir.join('file', 'absent'))).rejects.toMatchObject({ code: 'ENOTDIR' })
    renameSync(dir.join('other'), dir.join('file'))
    expect(await file.isAt(dir.join('file'))).toBe(false)
    await file.close()
  })

  test('is locked by one, under any name, until that closes it', async () => {
    using dir = tempDir()
    const first = await nodeDisk.open(dir.join('file'), 'create')
    symlinkSync('file', dir.join('link'))
    const second = await nodeDisk.open(dir.join('link'), 'write')
    const reach = await first.lock()
    expect(reach).toBeDefined()
    expect(await first.lock()).toBe(reach)
    expect(await second.lock()).toBeUndefined()
    await first.close()
    expect(await second.lock()).toBe(reach)
    await second.close()
  })
})

describe.skipIf(process.platform === 'win32')('what is not a file', () => {
  test.each<[kind: string, make: (path: string) => void]>([
    ['a folder', (path) => mkdirSync(path)],
    ['a pipe (FIFO)', (path) => void execFileSync('mkfifo', [path])],
    ['a device', (path) => symlinkSync('/dev/null', path)],
  ])('%s is not opened', async (kind, make) => {
    using dir = tempDir()
    const path = dir.join('path')
    make(path)
    const refused = { code: 'NOT_A_FILE', message: `${path} is ${kind}, expected a file` }
    for (const mode of ['read', 'write', 'create'] as const) {
      await expect(nodeDisk.open(path, mode)).rejects.toMatchObject(refused)
    }
  })
})

describe('names', () => {
  test('are removed if they exist', async () => {
    using dir = tempDir()
    writeFileSync(dir.join('file'), '')
    await nodeDisk.remove(dir.join('file'))
    await nodeDisk.remove(dir.join('file'))
    expect(await nodeDisk.exists(dir.join('file'))).toBe(false)
  })

  test('of folders are made where they are missing, and returned from the outermost on', async () => {
    using dir = tempDir()
    const made = [dir.join('a'), dir.join('a', 'b'), dir.join('a', 'b', 'c')]
    expect(await nodeDisk.makeFoldersOf(dir.join('a', 'b', 'c', 'file'))).toEqual(made)
    expect(await nodeDisk.makeFoldersOf(dir.join('a', 'b', 'c', 'file'))).toEqual([])
    expect(await nodeDisk.makeFoldersOf(dir.join('a', 'b', 'd', 'file'))).toEqual([dir.join('a', 'b', 'd')])
    expect(existsSync(dir.join('a', 'b', 'd'))).toBe(true)
  })

  test('of folders are removed if the folders are empty', async () => {
    using dir = tempDir()
    mkdirSync(dir.join('folder'))
    writeFileSync(dir.join('folder', 'file'), '')
    await nodeDisk.removeFolder(dir.join('folder'))
    expect(existsSync(dir.join('folder', 'file'))).toBe(true)
    await nodeDisk.remove(dir.join('folder', 'file'))
    await nodeDisk.removeFolder(dir.join('folder'))
    expect(existsSync(dir.join('folder'))).toBe(false)
    await nodeDisk.removeFolder(dir.join('folder'))
    writeFileSync(dir.join('file'), '')
    await expect(nodeDisk.removeFolder(dir.join('file'))).rejects.toMatchObject({ code: 'ENOTDIR' })
  })

  test('are made durable with the folder that they are in', async () => {
    using dir = tempDir()
    await nodeDisk.syncFolderOf(dir.join('absent'))
    await expect(nodeDisk.syncFolderOf(dir.join('absent', 'file'))).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

test.skipIf(!existsSync('/proc/sys/kernel/random/boot_id'))('the boot id of the machine stays the same', async () => {
  const id = await nodeDisk.bootId()
  expect(id).toMatch(/^[0-9a-f-]{36}$/)
  expect(await nodeDisk.bootId()).toBe(id)
})

import {
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tempDir } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { type Disk, nodeDisk, openStore, type StoreEvent, type StreamStore } from '../src/index.ts'

async function commitOne(store: StreamStore): Promise<void> {
  store.startAtomicOp()
  store.addStreamEntry(1, Uint8Array.of(1))
  await store.commitAtomicOp()
}

describe('what cannot be examined does not count as absent', () => {
  test('a circular link is an error, and is left as it is', async () => {
    using dir = tempDir()
    symlinkSync('data-stream.bin', dir.join('data-stream.bin'))
    await expect(openStore({ file: dir.join('data-stream.bin') })).rejects.toMatchObject({ code: 'ELOOP' })
    expect(readdirSync(dir.path)).toEqual(['data-stream.bin'])
    expect(readlinkSync(dir.join('data-stream.bin'))).toBe('data-stream.bin')
  })

  test('a dangling link is refused with its target, and the files beside it are left as they are', async () => {
    using dir = tempDir()
    const target = dir.join('volume', 'data-stream.bin')
    symlinkSync(target, dir.join('data-stream.bin'))
    writeFileSync(dir.join('data-stream.commits'), 'kept')
    const opening = openStore({ file: dir.join('data-stream.bin') })
    await expect(opening).rejects.toMatchObject({ code: 'LEADS_NOWHERE', message: expect.stringContaining(target) })
    expect(readdirSync(dir.path)).toEqual(['data-stream.bin', 'data-stream.commits'])
    expect(lstatSync(dir.join('data-stream.bin')).isSymbolicLink()).toBe(true)
    expect(readFileSync(dir.join('data-stream.commits'), 'utf8')).toBe('kept')
  })

  test.each(['file', 'index'])(
    'a volume that is not mounted: the link to the folder of the %s is dangling',
    async (what) => {
      using dir = tempDir()
      symlinkSync(dir.join('volume'), dir.join(what === 'file' ? 'data' : 'data-stream.db'))
      const file = what === 'file' ? dir.join('data', 'sub', 'data-stream.bin') : dir.join('data-stream.bin')
      await expect(openStore({ file })).rejects.toMatchObject({ code: 'LEADS_NOWHERE' })
      expect(readdirSync(dir.path)).toEqual([what === 'file' ? 'data' : 'data-stream.db'])
    },
  )
})

describe.each(['EIO', 'EACCES'])('a disk that fails with %s when a file is looked for', (code) => {
  test.each([
    ['data-stream.bin', 0],
    ['data-stream.commits', 0],
    ['data-stream.commits', 1],
  ])('%s, keeps all as it is, also if it said before that it is there: %i times', async (name, times) => {
    using dir = tempDir()
    const file = dir.join('data-stream.bin')
    {
      await using store = await openStore({ file })
      await commitOne(store)
    }
    const names = readdirSync(dir.path)
    const kept = ['data-stream.bin', 'data-stream.commits'].map((name) => readFileSync(dir.join(name)))
    let looks = 0
    const mustSee = (path: string): void => {
      if (path === dir.join(name) && looks > times) throw Object.assign(new Error(`${code}: simulated`), { code })
    }
    const blind: Disk = {
      ...nodeDisk,
      exists: async (path) => {
        if (path === dir.join(name)) looks++
        mustSee(path)
        return nodeDisk.exists(path)
      },
      open: async (path, mode) => {
        mustSee(path)
        return nodeDisk.open(path, mode)
      },
    }
    await expect(openStore({ file, disk: blind })).rejects.toMatchObject({ code })
    expect(readdirSync(dir.path)).toEqual(names)
    expect(readFileSync(file).equals(kept[0] as Uint8Array)).toBe(true)
    expect(readFileSync(dir.join('data-stream.commits')).equals(kept[1] as Uint8Array)).toBe(true)
  })
})

describe('a file is made only if there is none', () => {
  test('one that appears while it is being made is left as it is', async () => {
    using dir = tempDir()
    const file = dir.join('data-stream.bin')
    writeFileSync(file, 'of somebody else')
    writeFileSync(dir.join('data-stream.commits'), 'kept')
    let looks = 0
    // It appears after the check whether it exists.
    const late: Disk = {
      ...nodeDisk,
      exists: async (path) => (path === file && looks++ === 0 ? false : nodeDisk.exists(path)),
    }
    await expect(openStore({ file, disk: late })).rejects.toMatchObject({ code: 'EEXIST' })
    expect(readFileSync(file, 'utf8')).toBe('of somebody else')
    expect(readFileSync(dir.join('data-stream.commits'), 'utf8')).toBe('kept')
    expect(readdirSync(dir.path).sort()).toEqual(['data-stream.bin', 'data-stream.commits'])
  })

  test('what a crash left of a file that was being made is neither written to nor removed if it is a stream by now', async () => {
    using dir = tempDir()
    const file = dir.join('data-stream.bin')
    {
      await using store = await openStore({ file })
      await commitOne(store)
    }
    linkSync(file, dir.join('data-stream.new'))
    renameSync(file, dir.join('moved.bin'))
    const bytes = readFileSync(dir.join('moved.bin'))
    await expect(openStore({ file })).rejects.toMatchObject({ code: 'IN_THE_WAY' })
    expect(readFileSync(dir.join('data-stream.new')).equals(bytes)).toBe(true)
  })

  test('the temporary name of one that was made is removed', async () => {
    using dir = tempDir()
    const file = dir.join('data-stream.bin')
    await (await openStore({ file })).close()
    linkSync(file, dir.join('data-stream.new'))
    await (await openStore({ file })).close()
    expect(readdirSync(dir.path)).not.toContain('data-stream.new')
  })

  test('the commit log of a stream that no longer exists is replaced', async () => {
    using dir = tempDir()
    const file = dir.join('data-stream.bin')
    {
      await using store = await openStore({ file })
      await commitOne(store)
    }
    renameSync(file, dir.join('moved.bin'))
    await using store = await openStore({ file })
    await commitOne(store)
    expect(store.getHeader().totalEntries).toBe(1n)
    expect(await store.operationBoundaries.isKnownAt(0)).toBe(true)
  })

  test('but not if it must exist', async () => {
    using dir = tempDir()
    const file = dir.join('sub', 'data-stream.bin')
    await expect(openStore({ file, mustExist: true })).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: expect.stringContaining(file),
    })
    expect(readdirSync(dir.path)).toEqual([])
  })

  test('and its new folders are reported', async () => {
    using dir = tempDir()
    const events: StoreEvent[] = []
    const file = dir.join('a', 'b', 'data-stream.bin')
    await using _store = await openStore({ file, onEvent: (event) => events.push(event) })
    expect(events).toEqual([{ event: 'created', file, folders: [dir.join('a'), dir.join('a', 'b')] }])
  })
})

describe('a start that fails removes what it has made', () => {
  test('if opening fails half-way', async () => {
    using dir = tempDir()
    const full: Disk = {
      ...nodeDisk,
      open: async (path, mode) => {
        if (path.endsWith('.commits')) throw Object.assign(new Error('ENOSPC: simulated'), { code: 'ENOSPC' })
        return nodeDisk.open(path, mode)
      },
    }
    const file = dir.join('a', 'b', 'data-stream.bin')
    await expect(openStore({ file, disk: full })).rejects.toMatchObject({ code: 'ENOSPC' })
    expect(readdirSync(dir.path)).toEqual([])
  })

  test('if the store is discarded; what was there before is kept', async () => {
    using dir = tempDir()
    mkdirSync(dir.join('a'))
    writeFileSync(dir.join('a', 'notes'), '')
    const store = await openStore({ file: dir.join('a', 'b', 'data-stream.bin') })
    await store.discard()
    expect(readdirSync(dir.path, { recursive: true })).toEqual(['a', 'a/notes'])
  })

  test('but not once something was committed', async () => {
    using dir = tempDir()
    const file = dir.join('data-stream.bin')
    const store = await openStore({ file })
    await commitOne(store)
    await store.discard()
    await using again = await openStore({ file, mustExist: true })
    expect(again.getHeader().totalEntries).toBe(1n)
  })

  test('what was made beside an existing file is removed, the file is kept', async () => {
    using dir = tempDir()
    await (await openStore({ file: dir.join('data-stream.bin') })).close()
    renameSync(dir.join('data-stream.bin'), dir.join('copy.bin'))
    await (await openStore({ file: dir.join('copy.bin') })).discard()
    expect(readdirSync(dir.path).sort()).toEqual(['copy.bin', 'data-stream.commits', 'data-stream.db'])
  })

  test('likewise beside a file that a link leads to', async () => {
    using dir = tempDir()
    await (await openStore({ file: dir.join('data-stream.bin') })).close()
    rmSync(dir.join('data-stream.db'), { recursive: true })
    symlinkSync('data-stream.bin', dir.join('link.bin'))
    await (await openStore({ file: dir.join('link.bin') })).discard()
    expect(readdirSync(dir.path).sort()).toEqual(['data-stream.bin', 'data-stream.commits', 'link.bin'])
  })
})

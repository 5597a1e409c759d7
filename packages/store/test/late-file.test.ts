import { readFileSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tempDir } from '@datastreamer/fixtures'
import { PAGE_BYTES, pageStart } from '@datastreamer/format'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openReader, openStore, type StreamReader, type StreamStore } from '../src/index.ts'
import { LogCursor } from '../src/log/log-cursor.ts'
import { DistantReplica } from './distant-replica.ts'
import { append, keyOf, makeLate, makeWhole, startOfPage } from './late-files.ts'

const ENTRIES = 1000
const folder = tempDir()
let whole: StreamReader

beforeAll(async () => {
  await makeWhole(folder.join('whole.bin'), ENTRIES)
  truncateSync(folder.join('whole.bin'), pageStart(9))
  whole = await openReader(folder.join('whole.bin'))
})

afterAll(async () => {
  await whole.close()
  folder[Symbol.dispose]()
})

/** The numbers of entries. */
async function numbersOf(entries: AsyncIterable<{ readonly number: bigint }>): Promise<number[]> {
  const numbers: number[] = []
  for await (const { number } of entries) numbers.push(Number(number))
  return numbers
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)

/** Bytes that a file takes on the disk. */
const diskBytes = (file: string): number => statSync(file).blocks * 512

describe('a file that begins late', () => {
  test('has the entries from its base on where the whole stream has them', async () => {
    using dir = tempDir()
    const base = await startOfPage(whole, 3)
    const first = Number(base.totalEntries)
    {
      await using store = await openStore({ file: dir.join('late.bin'), base })
      expect(store.getHeader()).toMatchObject(base)
      expect([store.log.base, store.firstEntry, store.nextEntry]).toEqual([base, base.totalEntries, base.totalEntries])
      expect(await numbersOf(store.entries({ follow: false }))).toEqual([])
    }
    {
      // It may be closed before it has an entry.
      await using store = await openStore({ file: dir.join('late.bin') })
      expect(store.log.base).toEqual(base)
      await append(store, first, ENTRIES)
      expect(store.getHeader()).toEqual(whole.getHeader())
    }
    await using store = await openStore({ file: dir.join('late.bin') })
    expect(await numbersOf(store.entries({ follow: false }))).toEqual(range(first, ENTRIES))
    for (const number of [first, first + 1, ENTRIES - 1]) {
      expect(await store.getEntry(BigInt(number))).toEqual(await whole.getEntry(BigInt(number)))
      expect(await store.log.locate(number)).toEqual(await whole.log.locate(number))
    }
    const bytes = (file: string): Uint8Array => readFileSync(file).subarray(base.totalLength, pageStart(9))
    expect(Buffer.compare(bytes(dir.join('late.bin')), bytes(folder.join('whole.bin')))).toBe(0)
    expect(diskBytes(dir.join('late.bin'))).toBeLessThan(6.5 * PAGE_BYTES)
  })

  test('refuses what is before its base by name, and says which entry it begins with', async () => {
    using dir = tempDir()
    await using store = await makeLate(dir.join('late.bin'), whole, 3)
    const first = Number(store.firstEntry)
    const refused = {
      name: 'RefusedError',
      code: 'BEFORE_BASE',
      message: `entry 5 is not in ${dir.join('late.bin')}, which begins with entry ${first}`,
    }
    await expect(store.getEntry(5n)).rejects.toMatchObject(refused)
    await expect(store.log.locate(5)).rejects.toMatchObject(refused)
    await expect(store.log.runOnDisk({ position: 5000, number: 5 })).rejects.toMatchObject(refused)
    await expect(store.log.runAsFound({ position: 5000, number: 5 })).rejects.toMatchObject(refused)
    await expect(store.entries({ from: 5 }).next()).rejects.toMatchObject(refused)
    await expect(store.batches({ from: 5 }).next()).rejects.toMatchObject(refused)
    await expect(store.operations({ from: 5 }).next()).rejects.toMatchObject(refused)
    await expect(new LogCursor(store.log, 5).next()).rejects.toMatchObject(refused)
    await expect(store.truncateFile(5n)).rejects.toMatchObject(refused)
    await expect(store.updateEntryData(5n, 5, new Uint8Array(10_000))).rejects.toMatchObject(refused)
    expect(store.log.locateInMemory(5)).toBeUndefined()
    expect(store.log.runInMemory({ position: 5000, number: 5 })).toBeUndefined()
    await expect(store.log.locate(-1)).rejects.toThrow(RangeError)
    // Nothing of that is a change.
    expect(store.getHeader()).toEqual(whole.getHeader())
  })

  test('begins at the start of a page that is not the first, and nowhere else', async () => {
    using dir = tempDir()
    const at = (totalLength: number, totalEntries = 5n) => {
      return openStore({ file: dir.join('late.bin'), base: { totalLength, totalEntries } })
    }
    await expect(at(pageStart(1) + 1)).rejects.toThrow(RangeError)
    await expect(at(pageStart(0))).rejects.toThrow('a file cannot begin at byte 4096, entry 5')
    await expect(at(pageStart(1), 0n)).rejects.toThrow(RangeError)
    await expect(openReader(dir.join('late.bin'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
    // A file that is there begins where it says.
    await (await at(pageStart(2), 9n)).close()
    await using store = await at(pageStart(4), 17n)
    expect(store.log.base).toEqual({ totalLength: pageStart(2), totalEntries: 9n })
  })

  test('knows the bookmarks from its base on, also when its index is made again', async () => {
    using dir = tempDir()
    const file = dir.join('late.bin')
    await (await makeLate(file, whole, 3)).close()
    rmSync(dir.join('late.db'), { recursive: true })
    const events: unknown[] = []
    await using store = await openStore({ file, onEvent: (event) => events.push(event) })
    const first = Number(store.firstEntry)
    expect(events).toEqual([{ event: 'indexed', file, fromEntry: BigInt(first), entries: BigInt(ENTRIES - first) }])
    await using reader = await openReader(file)
    for (const each of [store, reader]) {
      expect(await each.getBookmark(keyOf(300))).toBeUndefined()
      expect(await each.getBookmark(keyOf(600))).toBe(600n)
      expect((await each.getFirstEventAfterBookmark(keyOf(600)))?.number).toBe(601n)
      expect(await numbersOf(each.entries({ from: { bookmark: keyOf(980) }, follow: false }))).toEqual(
        range(980, ENTRIES),
      )
    }
    expect(await numbersOf(reader.entries())).toEqual(range(first, ENTRIES))
    await expect(reader.entries({ from: 0 }).next()).rejects.toMatchObject({ code: 'BEFORE_BASE' })
  })

  test('can be truncated to its base, and goes on from there', async () => {
    using dir = tempDir()
    const file = dir.join('late.bin')
    const store = await makeLate(file, whole, 3)
    const first = Number(store.firstEntry)
    await store.truncateFile(store.firstEntry)
    expect(store.getHeader()).toMatchObject(store.log.base)
    expect(await store.getBookmark(keyOf(600))).toBeUndefined()
    await append(store, first, first + 200)
    await store.close()
    await using again = await openStore({ file })
    expect(await numbersOf(again.entries({ follow: false }))).toEqual(range(first, first + 200))
    expect(await again.log.locate(first + 150)).toEqual(await whole.log.locate(first + 150))
  })

  test('is known as that to replicas in other threads', async () => {
    using dir = tempDir()
    await using store = await makeLate(dir.join('late.bin'), whole, 3, { tailPages: 1 })
    await using replica = await DistantReplica.of(store.log)
    expect(replica.log.firstEntry).toBe(Number(store.firstEntry))
    await expect(replica.log.locate(5)).rejects.toMatchObject({ code: 'BEFORE_BASE' })
    expect(await replica.log.entry(store.firstEntry)).toEqual(await whole.getEntry(store.firstEntry))
    expect(await replica.log.locate(700)).toEqual(await whole.log.locate(700))
  })

  test('knows operation boundaries from its base on', async () => {
    using dir = tempDir()
    const file = dir.join('late.bin')
    await using store = await makeLate(file, whole, 3)
    const { operationBoundaries: known, firstEntry } = store
    const first = Number(firstEntry)
    const next = Math.ceil(first / 10) * 10
    expect(await known.lastUpTo(first)).toBeUndefined()
    expect(await known.lastUpTo(next)).toBe(next)
    expect(await known.isKnownAt(first - 1)).toBe(false)
    expect(await known.isKnownAt(first)).toBe(true)
    await using reader = await openReader(file)
    const boundaries: bigint[] = []
    for await (const event of reader.operations({ to: next + 19 })) {
      if (event.kind === 'operationBoundary') boundaries.push(event.nextEntry)
    }
    expect(boundaries.at(-1)).toBe(BigInt(next + 20))
    expect(boundaries[0]).toBeGreaterThan(firstEntry)
  })
})

describe('a file that gives entries up', () => {
  async function opened(file: string): Promise<StreamStore> {
    await makeWhole(file, ENTRIES)
    return openStore({ file, tailPages: 2 })
  }

  test('frees their disk space, keeps all others, and stays so', async () => {
    using dir = tempDir()
    const file = dir.join('stream.bin')
    const store = await opened(file)
    const before = diskBytes(file)
    const base = await startOfPage(whole, 5)
    // As far as whole pages are before the entry.
    expect(await store.dropBefore(base.totalEntries + 30n)).toEqual(base)
    expect(store.log.base).toEqual(base)
    expect(before - diskBytes(file)).toBe(5 * PAGE_BYTES)
    const first = Number(base.totalEntries)
    expect(await numbersOf(store.entries({ follow: false }))).toEqual(range(first, ENTRIES))
    await expect(store.getEntry(base.totalEntries - 1n)).rejects.toMatchObject({ code: 'BEFORE_BASE' })
    expect(await store.getBookmark(keyOf(100))).toBeUndefined()
    expect(await store.index.get(keyOf(100))).toBeUndefined()
    expect(await store.getBookmark(keyOf(600))).toBe(600n)
    await append(store, ENTRIES, ENTRIES + 100)
    await store.close()
    await using again = await openStore({ file })
    expect(again.log.base).toEqual(base)
    expect(await numbersOf(again.entries({ follow: false }))).toEqual(range(first, ENTRIES + 100))
    expect(await again.dropBefore(0n)).toEqual(base)
  })

  test('keeps its last page, and more than what comes before the entry', async () => {
    using dir = tempDir()
    await using store = await opened(dir.join('stream.bin'))
    const second = (await startOfPage(whole, 1)).totalEntries
    expect(await store.dropBefore(second - 1n)).toEqual({ totalLength: pageStart(0), totalEntries: 0n })
    expect(store.firstEntry).toBe(0n)
    expect(await store.dropBefore(second)).toEqual(await startOfPage(whole, 1))
    expect(await store.dropBefore(1_000_000n)).toEqual(await startOfPage(whole, 8))
    expect(await numbersOf(store.entries({ follow: false }))).toEqual(range(Number(store.firstEntry), ENTRIES))
  })

  test('a bookmark that a later entry has too still leads there', async () => {
    using dir = tempDir()
    await using store = await opened(dir.join('stream.bin'))
    await store.atomic((operation) => void operation.addBookmark(keyOf(100)))
    await store.dropBefore(500n)
    expect(await store.getBookmark(keyOf(100))).toBe(BigInt(ENTRIES))
    expect(await store.getBookmark(keyOf(110))).toBeUndefined()
  })

  test('readers of what is given up are refused, others go on', async () => {
    using dir = tempDir()
    await using store = await opened(dir.join('stream.bin'))
    const [early, late] = [0, 800].map((from) => store.batches({ from, follow: false }))
    await early?.next()
    await late?.next()
    await store.dropBefore(700n)
    await expect(early?.next()).rejects.toMatchObject({ code: 'BEFORE_BASE' })
    expect((await late?.next())?.done).toBe(false)
  })

  test('a replica is asked before anything is freed', async () => {
    using dir = tempDir()
    await using store = await opened(dir.join('stream.bin'))
    const file = dir.join('stream.bin')
    await using replica = await DistantReplica.of(store.log)
    const before = diskBytes(file)
    let isDone = false
    const dropped = store.dropBefore(700n).then(() => {
      isDone = true
    })
    while (store.firstEntry === 0n) await new Promise((resolve) => setImmediate(resolve))
    expect(await replica.log.entry(5n)).toEqual(await whole.getEntry(5n))
    expect([isDone, diskBytes(file)]).toEqual([false, before])
    replica.applyAll()
    await dropped
    expect(diskBytes(file)).toBeLessThan(before)
    await expect(replica.log.entry(5n)).rejects.toMatchObject({ code: 'BEFORE_BASE' })
    expect(await replica.log.entry(900n)).toEqual(await whole.getEntry(900n))
  })

  test('a truncation cannot go before it', async () => {
    using dir = tempDir()
    await using store = await opened(dir.join('stream.bin'))
    const { totalEntries } = await store.dropBefore(700n)
    await expect(store.truncateFile(totalEntries - 1n)).rejects.toMatchObject({ code: 'BEFORE_BASE' })
    await store.truncateFile(totalEntries)
    expect(store.getHeader().totalEntries).toBe(totalEntries)
  })
})

import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { BOOKMARK_TYPE, encodeEntry, pageStart } from '@datastreamer/format'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Boundaries, planRecovery, type RecoveryPlan, recoverStream, reindexStream } from '../src/check.ts'
import { openReader, openStore } from '../src/index.ts'
import { CountingDisk } from './counting-disk.ts'
import {
  type Change,
  COMMITS,
  DATA_BYTES,
  DamagedFiles,
  drain,
  HEADER,
  PER_COMMIT,
  positionOf,
  TOTAL,
  u64,
  verify,
} from './damaged-files.ts'

let files: DamagedFiles
beforeAll(async () => {
  files = await DamagedFiles.make()
})
afterAll(() => files[Symbol.dispose]())

/** The last entry of each operation of the master file is of type 9, the first is a bookmark. */
const byLast: Boundaries = { push: ({ type }) => (type === PER_COMMIT - 1 ? 'after' : undefined) }
const byFirst: Boundaries = { push: ({ type }) => (type === BOOKMARK_TYPE ? 'before' : undefined) }

async function planOf(file: string, boundaries?: Boundaries): Promise<RecoveryPlan> {
  const { result } = await drain(planRecovery({ file, streamType: 1n, boundaries }))
  if (result === undefined) throw new Error('nothing to recover')
  return result
}

describe('recover', () => {
  test('leaves a whole file as it is', async () => {
    expect((await drain(planRecovery({ file: files.master }))).result).toBeUndefined()
  })

  test('leaves no file open if it is ended early', async () => {
    const counting = new CountingDisk()
    const looking = planRecovery({ file: files.master, disk: counting.disk })
    await looking.next()
    expect(counting.filesOpen).toBe(2)
    await looking.return(undefined)
    expect(counting.filesOpen).toBe(0)
  })

  test('makes a file whole that ends inside its header page', async () => {
    const file = files.damaged((path) => truncateSync(path, 100))
    const before = readFileSync(file)
    const { copy } = await recoverStream(await planOf(file))
    expect(readFileSync(copy).equals(Buffer.concat([before, Buffer.alloc(4096 - 100)]))).toBe(true)
    expect((await verify(file)).result).toMatchObject({ damages: 0, entries: 0n, fileBytes: 4096 })
  })

  test('truncates to the last whole operation, and keeps what it removes', async () => {
    const file = files.damaged((_, poke) => poke(positionOf(55), Uint8Array.of(7)))
    const before = readFileSync(file)
    const plan = await planOf(file, byLast)
    expect(plan).toMatchObject({ lostEntries: TOTAL - 50n, atOperationBoundary: true })
    expect(plan.to).toEqual({ totalLength: positionOf(50), totalEntries: 50n })
    expect(readFileSync(file).equals(before)).toBe(true)

    const { copy, bookmarks } = await recoverStream(plan)
    expect(bookmarks).toBe(5)
    const kept = readFileSync(copy)
    expect(kept.subarray(0, 4096).equals(before.subarray(0, 4096))).toBe(true)
    expect(kept.subarray(4096).equals(before.subarray(plan.to.totalLength, plan.header.totalLength))).toBe(true)
    expect((await verify(file)).result).toMatchObject({ damages: 0, entries: 50n })

    await using store = await openStore({ file, streamType: 1n, systemId: 7n })
    expect(await store.getBookmark(Uint8Array.of(4))).toBe(40n)
    expect(await store.getBookmark(Uint8Array.of(5))).toBeUndefined()
    store.startAtomicOp()
    expect(store.addStreamBookmark(Uint8Array.of(5))).toBe(50n)
    await store.commitAtomicOp()
    expect(await store.getBookmark(Uint8Array.of(5))).toBe(50n)
  })

  test('removes nothing if another program has since put other entries up to the same commit point', async () => {
    let write: Parameters<Change>[1] = () => undefined
    const file = files.damaged((_, poke) => {
      write = poke
      poke(positionOf(55), Uint8Array.of(7))
    })
    const plan = await planOf(file)
    const entries = [54n, 55n].map((number, i) =>
      encodeEntry({ type: 1, number, data: new Uint8Array(DATA_BYTES + (i === 0 ? 1 : -1)) }),
    )
    write(positionOf(54), Buffer.concat(entries))
    const before = readFileSync(file)
    await expect(recoverStream(plan)).rejects.toMatchObject({ code: 'FILE_CHANGED' })
    expect(readFileSync(file).equals(before)).toBe(true)
    expect(existsSync(`${file}.removed-at-${plan.to.totalLength}`)).toBe(false)
  })

  test('truncates to the last whole entry if no operation boundaries are requested', async () => {
    const file = files.damaged((_, poke) => poke(positionOf(55) + 9, u64(56)))
    const plan = await planOf(file)
    expect(plan.to).toEqual({ totalLength: positionOf(55), totalEntries: 55n })
    expect(plan.atOperationBoundary).toBe(false)
    await recoverStream(plan)
    expect((await verify(file)).result).toMatchObject({ damages: 0, entries: 55n })
  })

  test.each([
    ['after their last entry', byLast],
    ['before their first', byFirst],
  ])('finds operations by their entries where no commit log knows them: %s', async (_, boundaries) => {
    // The damaged entry is the second of a page: what is whole ends with the entry that opens it.
    const second = Array.from({ length: 200 }, (__, i) => i).find((i) => i > 100 && positionOf(i) === pageStart(1)) ?? 0
    const file = files.damaged((path, poke) => {
      truncateSync(path.replace('.bin', '.commits'), 4096)
      poke(positionOf(second + 1), Uint8Array.of(7))
    })
    const plan = await planOf(file, boundaries)
    const start = second - (second % PER_COMMIT)
    expect(plan.to.totalEntries).toBe(BigInt(start))
    expect(plan.atOperationBoundary).toBe(true)
    await recoverStream(plan)
    expect((await verify(file)).result).toMatchObject({ damages: 0, entries: BigInt(start) })
  })

  test('truncates to before a commit that can be read but is not what was committed', async () => {
    const file = files.damaged((_, poke) => poke(positionOf(55) + 40, Uint8Array.of(0xee)))
    const plan = await planOf(file)
    expect(plan).toMatchObject({ to: { totalEntries: 50n, totalLength: positionOf(50) }, atOperationBoundary: true })
  })

  test('truncates to before what has rotted in a page that ends with padding', async () => {
    // The last commit of the first page goes on in the second.
    const second = Array.from({ length: Number(TOTAL) }, (_, i) => i).find((i) => positionOf(i) >= pageStart(1)) ?? 0
    const file = files.damaged((_, poke) => poke(positionOf(second - 1) + 40, Uint8Array.of(0xee)))
    const start = second - (second % PER_COMMIT)
    expect(await planOf(file)).toMatchObject({ to: { totalEntries: BigInt(start), totalLength: positionOf(start) } })
  })

  test.each<[string, Change]>([
    ['a length beyond the file', (_, poke) => poke(HEADER.totalLength, u64(1n << 40n))],
    ['a length of nothing', (_, poke) => poke(HEADER.totalLength, u64(0))],
    ['a length inside an entry', (_, poke) => poke(HEADER.totalLength, u64(positionOf(200) + 50))],
    ['a length that ends with another entry', (_, poke) => poke(HEADER.totalLength, u64(positionOf(205)))],
    ['another number of entries', (_, poke) => poke(HEADER.totalEntries, u64(12))],
    ['more entries than there can be', (_, poke) => poke(HEADER.totalEntries, u64((1n << 64n) - 1n))],
    ['an incomplete page', (file) => truncateSync(file, pageStart(3) + 5)],
  ])('loses nothing to a header with %s', async (_, change) => {
    const file = files.damaged(change)
    const plan = await planOf(file)
    expect(plan).toMatchObject({
      lostEntries: 0n,
      removedBytes: 0,
      to: { totalEntries: TOTAL, totalLength: positionOf(300) },
    })
    await recoverStream(plan)
    expect((await verify(file)).result).toMatchObject({ damages: 0, entries: TOTAL })
  })

  test('treats the end in the header as an operation boundary, if the file is whole up to there', async () => {
    const file = files.damaged((path, poke) => {
      truncateSync(path.replace('.bin', '.commits'), 4096)
      poke(HEADER.totalEntries, u64(12))
    })
    expect(await planOf(file, byFirst)).toMatchObject({
      to: { totalEntries: TOTAL, totalLength: positionOf(300) },
      lostEntries: 0n,
      atOperationBoundary: true,
    })
  })

  test('what rots before a truncation inside a group is known as damage', async () => {
    const file = files.damaged((_, poke) => {
      poke(HEADER.totalEntries, u64(299))
      poke(HEADER.totalLength, u64(positionOf(300) - 1))
    })
    const plan = await planOf(file)
    expect(plan.to).toEqual({ totalLength: positionOf(299), totalEntries: 299n })
    await recoverStream(plan)
    expect((await verify(file)).result).toMatchObject({ damages: 0, entries: 299n })
    const bytes = readFileSync(file)
    bytes[positionOf(292) + 40] = 0xee
    writeFileSync(file, bytes)
    expect((await verify(file)).damages.map(({ code }) => code)).toEqual(['BAD_CHECKSUM'])
  })

  test('keeps the rest of a file whose end is gone', async () => {
    const file = files.damaged((path) => truncateSync(path, positionOf(251) + 20))
    const plan = await planOf(file)
    expect(plan.to.totalEntries).toBe(251n)
    await recoverStream(plan)
    expect((await verify(file)).result).toMatchObject({ damages: 0, entries: 251n })
  })

  test('refuses a file without a readable header', async () => {
    await expect(planOf(files.damaged((_, poke) => poke(0, Uint8Array.of(0x71))))).rejects.toMatchObject({
      code: 'BAD_MAGIC',
    })
    const other = files.damaged((_, poke) => poke(HEADER.type, u64(5)))
    await expect(planOf(other)).rejects.toMatchObject({ code: 'WRONG_STREAM_TYPE' })
    const updating = files.damaged((path) => writeFileSync(path.replace('.bin', '.update'), 'x'))
    await expect(planOf(updating)).rejects.toMatchObject({ code: 'UPDATE_PENDING' })
  })

  test('refuses a plan for a file that has changed, and a file in use', async () => {
    const file = files.damaged((_, poke) => poke(HEADER.totalEntries, u64(12)))
    const plan = await planOf(file)
    await recoverStream(plan)
    await expect(recoverStream(plan)).rejects.toMatchObject({ code: 'FILE_CHANGED' })
    await using _store = await openStore({ file })
    await expect(recoverStream(plan)).rejects.toMatchObject({ code: 'LOCKED' })
  })
})

describe('reindex', () => {
  test('builds an index that is missing', async () => {
    const file = files.damaged(() => {})
    expect(await reindexStream({ file })).toBe(COMMITS)
    expect(existsSync(file.replace('.bin', '.db'))).toBe(true)
    await using reader = await openReader({ file })
    expect(await reader.getBookmark(Uint8Array.of(7))).toBe(70n)
  })
})

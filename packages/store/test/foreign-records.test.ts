import { encodeEntry, HEADER_PAGE_BYTES, PAGE_BYTES } from '@datastreamer/format'
import { expect, test } from 'vitest'
import { foreignRecord, foreignRecords } from '../src/commit-log/foreign-records.ts'
import type { DiskFile } from '../src/disk/disk.ts'
import type { CommitPoint } from '../src/log/commit-point.ts'
import { randomFrom } from './sim/random.ts'
import { SimDisk } from './sim/sim-disk.ts'

const FILE = '/stream.bin'

/** Start of page `index`, if each holds ten entries. */
function startOf(index: number): CommitPoint {
  return { totalLength: HEADER_PAGE_BYTES + index * PAGE_BYTES, totalEntries: BigInt(10 * index) }
}

async function fileOf(pages: number, numberOf = (index: number): bigint => BigInt(10 * index)): Promise<DiskFile> {
  const disk = new SimDisk(randomFrom(1))
  disk.put(FILE, new Uint8Array(0))
  const file = await disk.open(FILE, 'write')
  for (let index = 0; index < pages; index++) {
    const head = encodeEntry({ type: 1, number: numberOf(index), data: new Uint8Array(3) })
    await file.write([head], startOf(index).totalLength)
  }
  return file
}

const goesOnAt = (index: number) => foreignRecord(startOf(index), false)

test('each page has a record of its own, however many there are', async () => {
  const file = await fileOf(50)
  for (const [first, last] of [
    [0, 0],
    [0, 1],
    [3, 20],
    [3, 19],
    [2, 18],
    [0, 49],
  ] as const) {
    const pages = Array.from({ length: last - first }, (_, i) => goesOnAt(first + 1 + i))
    const at = startOf(last)
    const inPage = { totalLength: at.totalLength + 100, totalEntries: at.totalEntries + 4n }
    expect(await foreignRecords(file, startOf(first), inPage)).toEqual([...pages, foreignRecord(inPage, true)])
    const before = startOf(first)
    const inFirst = { totalLength: before.totalLength + 100, totalEntries: before.totalEntries + 2n }
    expect(await foreignRecords(file, inFirst, inPage)).toEqual([...pages, foreignRecord(inPage, true)])
    // Up to the end of a page: none for the next page.
    const full = startOf(last + 1)
    expect(await foreignRecords(file, before, full)).toEqual([...pages, foreignRecord(full, true)])
  }
})

test('a page that does not open with a plausible entry shares a record with the page before', async () => {
  const to = { totalLength: startOf(5).totalLength + 100, totalEntries: 54n }
  const end = foreignRecord(to, true)
  const without = (...gone: number[]) => [...[2, 3, 4, 5].filter((at) => !gone.includes(at)).map(goesOnAt), end]
  const file = await fileOf(6)
  await file.write([Uint8Array.of(0)], startOf(3).totalLength)
  expect(await foreignRecords(file, startOf(1), to)).toEqual(without(3))
  // Of an entry before what is before it, and behind the last one.
  for (const [number, gone] of [
    [19n, [3]],
    [9n, [3]],
    [55n, [3]],
  ] as const) {
    const other = await fileOf(6, (index) => (index === 3 ? number : BigInt(10 * index)))
    expect(await foreignRecords(other, startOf(1), to)).toEqual(without(...gone))
  }
  const first = await fileOf(6, (index) => (index === 2 ? 9n : BigInt(10 * index)))
  expect(await foreignRecords(first, startOf(1), to)).toEqual(without(2))
})

test('a page without a complete entry head in the file has no record', async () => {
  // Without its last byte the number is the same.
  const file = await fileOf(3, (index) => BigInt(256 * index))
  await file.resize(startOf(2).totalLength + 16)
  const to = { totalLength: startOf(2).totalLength + 100, totalEntries: 520n }
  const records = await foreignRecords(file, startOf(0), to)
  expect(records).toEqual([foreignRecord({ ...startOf(1), totalEntries: 256n }, false), foreignRecord(to, true)])
})

test('padding after the known end does not belong to the next page', async () => {
  const file = await fileOf(3)
  const from = { totalLength: startOf(0).totalLength + 100, totalEntries: 10n }
  const to = { totalLength: startOf(1).totalLength + 100, totalEntries: 12n }
  expect(await foreignRecords(file, from, to)).toEqual([goesOnAt(1), foreignRecord(to, true)])
})

test('bytes of another program have no checksum, and are not damaged', () => {
  expect(foreignRecord(startOf(1), true)).toEqual({
    ...startOf(1),
    checksum: 0,
    endsOperation: true,
    isForeign: true,
    isDamaged: false,
  })
})

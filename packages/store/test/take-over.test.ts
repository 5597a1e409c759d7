import {
  BOOKMARK_TYPE,
  decodeHeaderPage,
  encodeEntry,
  encodeHeaderEntry,
  HEADER_PAGE_BYTES,
  headerEntryOffset,
} from '@datastreamer/format'
import { expect, test } from 'vitest'
import { readExactly, writeAll } from '../src/disk/disk.ts'
import { type Fsync, openStore, type StreamStore } from '../src/index.ts'
import { damagesOf } from './sim/check-store.ts'
import { randomFrom } from './sim/random.ts'
import { SimDisk } from './sim/sim-disk.ts'
import { SimIndex } from './sim/sim-index.ts'

const FILE = '/sim/data-stream.bin'
/** Bytes of an entry that holds a bookmark of one byte. */
const ENTRY_BYTES = 18

/** A machine with a store of bookmarks of one byte. */
class Machine {
  readonly disk = new SimDisk(randomFrom(1))
  readonly #index = new SimIndex()

  open(fsync?: Fsync): Promise<StreamStore> {
    return openStore({ file: FILE, fsync, fsyncIntervalMs: 1_000_000, disk: this.disk, index: this.#index })
  }

  /** A Go server truncates the file and writes more, and its index loses all of that. */
  async rewriteFrom(first: number, bytes: readonly number[]): Promise<void> {
    const file = await this.disk.open(FILE, 'write')
    const header = decodeHeaderPage(await readExactly(file, 0, HEADER_PAGE_BYTES))
    const position = header.totalLength - (Number(header.totalEntries) - first) * ENTRY_BYTES
    const entries = bytes.map((byte, i) => {
      return encodeEntry({ type: BOOKMARK_TYPE, number: BigInt(first + i), data: Uint8Array.of(byte) })
    })
    await writeAll(file, entries, position)
    const totalLength = position + entries.length * ENTRY_BYTES
    const totalEntries = BigInt(first + entries.length)
    const entry = encodeHeaderEntry({ ...header, totalLength, totalEntries })
    await writeAll(file, [entry], headerEntryOffset(header.generation))
    await file.sync()
  }

  async damages(): Promise<string[]> {
    return (await damagesOf(this.disk, FILE)).map(({ message }) => message)
  }
}

async function commit(store: StreamStore, ...bytes: readonly number[]): Promise<void> {
  store.startAtomicOp()
  for (const byte of bytes) store.addStreamBookmark(Uint8Array.of(byte))
  await store.commitAtomicOp()
}

async function expectBookmarks(store: StreamStore, bytes: readonly number[]): Promise<void> {
  expect(store.getHeader().totalEntries).toBe(BigInt(bytes.length))
  for (const [i, byte] of bytes.entries()) expect(await store.getBookmark(Uint8Array.of(byte))).toBe(BigInt(i))
}

test.each([
  ['fewer entries than there were', [11]],
  ['other entries than there were, and more', [11, 12, 13, 14, 15]],
])('a program truncated the file and added %s, and its index lost them', async (_, bytes) => {
  const machine = new Machine()
  {
    await using store = await machine.open()
    for (const byte of [0, 1, 2, 3, 4]) await commit(store, byte)
  }
  await machine.rewriteFrom(2, bytes)
  expect(await machine.damages()).toEqual([])
  {
    await using store = await machine.open()
    await expectBookmarks(store, [0, 1, ...bytes])
    for (const gone of [2, 3, 4]) expect(await store.getBookmark(Uint8Array.of(gone))).toBeUndefined()
    await commit(store, 21)
  }
  expect(await machine.damages()).toEqual([])
})

test('a program replaced our entries by others, the last one the same as before, and its index lost them', async () => {
  const machine = new Machine()
  {
    await using store = await machine.open()
    for (const bytes of [[0, 1], [2, 3], [4, 5], [6]]) await commit(store, ...bytes)
  }
  await machine.rewriteFrom(2, [12, 13, 14, 5])
  await using store = await machine.open()
  await expectBookmarks(store, [0, 1, 12, 13, 14, 5])
})

test.each<[Fsync, string, number, readonly number[]]>([
  ['commit', 'split the last operation', 4, []],
  ['commit', 'rewrote it up to another position', 3, [11, 12, 13, 14]],
  ['commit', 'truncated it to before the last checkpoint', 1, []],
  ['interval', 'truncated it to before the last checkpoint', 1, []],
])(
  'fsync %s: the power failed while a store had the file open, then another program %s',
  async (fsync, _, at, bytes) => {
    const machine = new Machine()
    {
      await using store = await machine.open(fsync)
      await commit(store, 0, 1)
    }
    const store = await machine.open(fsync)
    await commit(store, 2, 3, 4)
    machine.disk.powerOff()
    await machine.rewriteFrom(at, bytes)
    await using again = await machine.open(fsync)
    await expectBookmarks(again, [...[0, 1, 2, 3, 4].slice(0, at), ...bytes])
  },
)

test.each([
  ['added entries', 5, [5, 6]],
  ['overwrote our last one', 4, [14, 15]],
])('bytes that rotted before another program %s do not count as written by it', async (_, first, bytes) => {
  const machine = new Machine()
  {
    await using store = await machine.open()
    for (const byte of [0, 1, 2, 3, 4]) await commit(store, byte)
  }
  await machine.rewriteFrom(first, bytes)
  const file = await machine.disk.open(FILE, 'write')
  await writeAll(file, [Uint8Array.of(0xff)], HEADER_PAGE_BYTES + ENTRY_BYTES - 1)
  {
    await using store = await machine.open()
    expect(store.getHeader().totalEntries).toBe(BigInt(first + bytes.length))
  }
  expect(await machine.damages()).toEqual([expect.stringContaining('entry 0')])
})

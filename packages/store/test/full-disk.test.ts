import { canMountDisks, SmallDisk, tempDir } from '@datastreamer/fixtures'
import { describe, expect, test, vi } from 'vitest'
import { openStore } from '../src/store/open-store.ts'
import type { StreamStore } from '../src/store/stream-store.ts'

/** 16 bytes that do not compress. */
function bookmark(n: number): Uint8Array {
  const bytes = new Uint8Array(16)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < 16; i += 4) view.setUint32(i, Math.imul(n + 1, 0x9e37_79b1 + 2 * i))
  return bytes
}

/** Commit bookmarks until that fails; returns how many were committed. */
async function fill(store: StreamStore): Promise<number> {
  for (;;) {
    const from = Number(store.getHeader().totalEntries)
    store.startAtomicOp()
    for (let n = from; n < from + 2000; n++) store.addStreamBookmark(bookmark(n))
    try {
      await store.commitAtomicOp()
    } catch (error) {
      expect(error).toMatchObject({ code: 'WRITE_FAILED', message: expect.stringContaining('bookmark index failed') })
      return Number(store.getHeader().totalEntries)
    }
  }
}

async function commitOne(store: StreamStore): Promise<void> {
  store.startAtomicOp()
  store.addStreamEntry(1, new Uint8Array(10))
  await store.commitAtomicOp()
}

describe.skipIf(!canMountDisks())('if the disk of the index is full', () => {
  test('commits fail, look-ups are answered, and it goes on by itself when there is room', async () => {
    using dir = tempDir()
    using disk = new SmallDisk(dir.join('data-stream.db'), 3)
    const file = dir.join('data-stream.bin')
    let total = 0
    {
      await using store = await openStore({ file, fsync: 'never' })
      total = await fill(store)
      await expect(commitOne(store)).rejects.toMatchObject({ code: 'WRITE_FAILED' })
      const places = [0, Math.floor(total / 2), total - 1]
      const find = async (): Promise<unknown> => Promise.all(places.map((n) => store.getBookmark(bookmark(n))))
      expect(await find()).toEqual(places.map(BigInt))
      expect(Number(store.getHeader().totalEntries)).toBe(total)

      disk.resize(64)
      await vi.waitFor(() => commitOne(store), { timeout: 60_000, interval: 100 })
      expect(await find()).toEqual(places.map(BigInt))
    }
    await using store = await openStore({ file, fsync: 'never' })
    expect(Number(store.getHeader().totalEntries)).toBe(total + 1)
    for (let n = 0; n < total; n += 97) expect(await store.getBookmark(bookmark(n))).toBe(BigInt(n))
  })
})

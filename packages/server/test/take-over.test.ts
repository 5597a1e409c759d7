import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { tempDir } from '@datastreamer/fixtures'
import {
  BOOKMARK_TYPE,
  decodeHeaderPage,
  type Entry,
  encodeEntry,
  encodeHeaderEntry,
  headerEntryOffset,
} from '@datastreamer/format'
import { expect, test } from 'vitest'
import { verifyStream } from '../src/check/verify.ts'
import { openStore } from '../src/store/open-store.ts'
import type { StreamStore } from '../src/store/stream-store.ts'
import { SimIndex } from './sim/sim-index.ts'

/** Bytes of an entry that holds a bookmark of one byte. */
const ENTRY_BYTES = 18

const bookmark = (byte: number): Uint8Array => Uint8Array.of(byte)

async function commitBookmarks(store: StreamStore, ...bytes: readonly number[]): Promise<void> {
  for (const byte of bytes) {
    store.startAtomicOp()
    store.addStreamBookmark(bookmark(byte))
    await store.commitAtomicOp()
  }
}

/** What a Go server does that truncates a file of bookmarks of one byte and goes on, of which its index lost all. */
function rewriteFrom(file: string, first: number, bytes: readonly number[]): void {
  const header = decodeHeaderPage(readFileSync(file))
  const entries = bytes.map((byte, i): Entry => {
    return { type: BOOKMARK_TYPE, number: BigInt(first + i), data: bookmark(byte) }
  })
  const totalEntries = BigInt(first + bytes.length)
  const handle = openSync(file, 'r+')
  const at = header.totalLength - (Number(header.totalEntries) - first) * ENTRY_BYTES
  writeSync(handle, Buffer.concat(entries.map((entry) => encodeEntry(entry))), 0, entries.length * ENTRY_BYTES, at)
  const totalLength = at + entries.length * ENTRY_BYTES
  const head = encodeHeaderEntry({ ...header, totalLength, totalEntries })
  writeSync(handle, head, 0, head.length, headerEntryOffset(header.generation))
  closeSync(handle)
}

async function damages(file: string): Promise<string[]> {
  const found: string[] = []
  for await (const event of verifyStream({ file })) if (event.kind === 'damage') found.push(event.error.message)
  return found
}

test.each([
  ['fewer entries than there were', [11]],
  ['other entries than there were, and more', [11, 12, 13, 14, 15]],
])('a program truncated the file and added %s, and its index lost them', async (_, bytes) => {
  using dir = tempDir()
  const file = dir.join('stream.bin')
  const index = new SimIndex()
  {
    await using store = await openStore({ file, index })
    await commitBookmarks(store, 0, 1, 2, 3, 4)
  }
  rewriteFrom(file, 2, bytes)
  expect(await damages(file)).toEqual([])
  {
    await using store = await openStore({ file, index })
    for (const [i, byte] of [0, 1, ...bytes].entries()) expect(await store.getBookmark(bookmark(byte))).toBe(BigInt(i))
    for (const gone of [2, 3, 4]) expect(await store.getBookmark(bookmark(gone))).toBeUndefined()
    await commitBookmarks(store, 21)
  }
  expect(await damages(file)).toEqual([])
})

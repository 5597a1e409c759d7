import { tempDir } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import { openReader, openStore, type StreamReader } from '../src/index.ts'

const KEYS = { first: Uint8Array.of(1), second: Uint8Array.of(2), third: Uint8Array.of(3) }

/** Events of 400,000 bytes, so that a page takes two: three after the first bookmark, two after the second. */
async function writeStream(file: string): Promise<void> {
  await using store = await openStore({ file, fsync: 'never' })
  store.startAtomicOp()
  store.addStreamEntry(5, Uint8Array.of(99))
  store.addStreamBookmark(KEYS.first)
  for (const byte of [1, 2, 3]) store.addStreamEntry(byte, new Uint8Array(400_000).fill(byte))
  await store.commitAtomicOp()
  store.startAtomicOp()
  store.addStreamBookmark(KEYS.second)
  for (const byte of [4, 5]) store.addStreamEntry(byte, new Uint8Array(400_000).fill(byte))
  store.addStreamBookmark(KEYS.third)
  store.addStreamEntry(6, Uint8Array.of(6))
  await store.commitAtomicOp()
}

/** The byte that fills each 400,000 bytes of the data. */
async function between(reader: StreamReader, from: Uint8Array, to: Uint8Array): Promise<number[]> {
  const data = await reader.getDataBetweenBookmarks(from, to)
  const bytes = Array.from({ length: data.length / 400_000 }, (_, i) => data[i * 400_000] as number)
  const expected = Buffer.concat(bytes.map((byte) => new Uint8Array(400_000).fill(byte)))
  expect(expected.equals(data)).toBe(true)
  return bytes
}

test.each([
  ['a reader', openReader],
  ['a store', openStore],
])('the data between two bookmarks is that of all events, over page ends, without bookmarks: %s', async (_, open) => {
  using dir = tempDir()
  const file = dir.join('data-stream.bin')
  await writeStream(file)
  await using reader = await open({ file })
  expect(await between(reader, KEYS.first, KEYS.second)).toEqual([1, 2, 3])
  expect(await between(reader, KEYS.first, KEYS.third)).toEqual([1, 2, 3, 4, 5])
  expect(await between(reader, KEYS.second, KEYS.third)).toEqual([4, 5])
  expect(await between(reader, KEYS.second, KEYS.second)).toEqual([])
  await expect(between(reader, KEYS.third, KEYS.first)).rejects.toMatchObject({ code: 'RANGE_REVERSED' })
})

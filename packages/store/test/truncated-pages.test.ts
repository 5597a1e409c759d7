import { tempDir } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import { openStore, type StreamStore } from '../src/index.ts'

async function commit(store: StreamStore, types: readonly number[], length: number): Promise<void> {
  store.startAtomicOp()
  for (const type of types) store.addStreamEntry(type, new Uint8Array(length))
  await store.commitAtomicOp()
}

async function typesOf(store: StreamStore): Promise<(number | undefined)[]> {
  const types: (number | undefined)[] = []
  for (let number = 0n; number < store.getHeader().totalEntries; number++) {
    types.push((await store.getEntry(number))?.type)
  }
  return types
}

test('entries that are written after a truncation are found on their own pages, not on earlier ones', async () => {
  using dir = tempDir()
  await using store = await openStore({ file: dir.join('data-stream.bin'), fsync: 'never', tailPages: 1 })
  // Two to a page, and once the pages are known, one to a page.
  await commit(store, [10, 11, 12, 13, 14, 15, 16, 17, 18, 19], 400_000)
  expect(await typesOf(store)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19])
  await store.truncateFile(3n)
  await commit(store, [23, 24, 25, 26, 27, 28], 900_000)
  expect(await typesOf(store)).toEqual([10, 11, 12, 23, 24, 25, 26, 27, 28])
})

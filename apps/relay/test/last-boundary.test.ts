import { rmSync } from 'node:fs'
import { tempDir } from '@datastreamer/fixtures'
import { commitLogPath, openStore } from '@datastreamer/store'
import { expect, test } from 'vitest'
import { lastBoundary } from '../src/boundaries/last-boundary.ts'

const [BOOKMARK, BLOCK, TRANSACTION, BLOCK_END] = [0xb0, 2, 3, 6]

/** The types of a block's entries. */
function block(transactions: number, hasEnd: boolean): number[] {
  return [BOOKMARK, BLOCK, ...Array<number>(transactions).fill(TRANSACTION), ...(hasEnd ? [BLOCK_END] : [])]
}

async function commit(file: string, types: readonly number[]): Promise<void> {
  await using store = await openStore({ file, fsync: 'never' })
  store.startAtomicOp()
  for (const type of types) store.addStreamEntry(type, Uint8Array.of(1))
  await store.commitAtomicOp()
}

/** Two blocks of more entries than are looked at first, and one that is not whole: entries 0, 102 and 204. */
test.each([
  ['end entries', block(99, true)],
  ['no end entries', block(100, false)],
])('finds where another program ended a block with %s, however long that is', async (_, first) => {
  using dir = tempDir()
  const file = dir.join('relay.bin')
  await commit(file, [...first, ...first, BOOKMARK, BLOCK, TRANSACTION])
  rmSync(commitLogPath(file))
  await using store = await openStore({ file, fsync: 'never' })
  const ends = [0n, 1n, 60n, 101n, 103n, 150n, 203n, 205n, 206n].map((number) => lastBoundary(store, number))
  expect(await Promise.all(ends)).toEqual([0n, 0n, 0n, 0n, 102n, 102n, 102n, 204n, 204n])
})

test('boundaries that the commit log knows count, whatever the entries are', async () => {
  using dir = tempDir()
  const file = dir.join('relay.bin')
  await commit(file, [BOOKMARK, BLOCK, TRANSACTION])
  await commit(file, [TRANSACTION, BLOCK_END, BOOKMARK, BLOCK])
  await using store = await openStore({ file, fsync: 'never' })
  const ends = [2n, 3n, 4n, 6n, 7n].map((number) => lastBoundary(store, number))
  expect(await Promise.all(ends)).toEqual([0n, 3n, 3n, 3n, 7n])
})

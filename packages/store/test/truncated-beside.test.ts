import { tempDir } from '@datastreamer/fixtures'
import { expect, test, vi } from 'vitest'
import { openReader } from '../src/reader/open-reader.ts'
import { openStore } from '../src/store/open-store.ts'
import type { StreamStore } from '../src/store/stream-store.ts'
import { HeldReads } from './held-reads.ts'
import { readAll } from './sim/read-all.ts'

const WAIT = { timeout: 60_000, interval: 2 }
/** One entry a page. */
const LARGE = 1_000_000

async function commit(store: StreamStore, ...fills: readonly number[]): Promise<void> {
  for (const fill of fills) {
    store.startAtomicOp()
    store.addStreamEntry(1, new Uint8Array(LARGE).fill(fill))
    await store.commitAtomicOp()
  }
}

async function fillsOf(log: StreamStore['log']): Promise<(number | undefined)[]> {
  return (await readAll(log)).map(({ data }) => data[0])
}

test('a file that is not followed ends where it ended, even next to a writer', async () => {
  using dir = tempDir()
  const file = dir.join('stream.bin')
  await using store = await openStore({ file, fsync: 'never' })
  await commit(store, 1, 2)
  await using reader = await openReader({ file, pollMs: 1 })
  await commit(store, 3)
  // The file is polled before a read is delivered.
  expect(await fillsOf(reader.log)).toEqual([1, 2])
  expect((await reader.getEntry(0n))?.data[0]).toBe(1)
  expect(reader.getHeader().totalEntries).toBe(2n)
})

test('one that is truncated and rewritten is read as it is then, and its readers are notified', async () => {
  using dir = tempDir()
  const file = dir.join('stream.bin')
  await using store = await openStore({ file, fsync: 'never' })
  await commit(store, 1, 2, 3)
  const reads = new HeldReads()
  await using reader = await openReader({ file, pollMs: 1, disk: reads.disk })
  const truncations: bigint[] = []
  reader.log.listen({ onCommit: () => undefined, onTruncate: ({ totalEntries }) => truncations.push(totalEntries) })
  const position = await reader.log.locate(1)
  await reader.getBookmark(Uint8Array.of(1))
  reads.hold()
  await vi.waitFor(() => expect(reads.waiting).toBeGreaterThan(0), WAIT)
  const run = reader.log.runOnDisk(position)
  await store.truncateFile(1n)
  await commit(store, 7, 8, 9)
  reads.release()
  expect(await run).toBeUndefined()
  expect(truncations).toEqual([1n])
  await vi.waitFor(async () => expect(await fillsOf(reader.log)).toEqual([1, 7, 8, 9]), WAIT)
  // And no further.
  await commit(store, 10)
  expect((await reader.getEntry(3n))?.data[0]).toBe(9)
  expect(await fillsOf(reader.log)).toEqual([1, 7, 8, 9])
})

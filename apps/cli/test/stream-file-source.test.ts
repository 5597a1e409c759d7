import { tempDir } from '@datastreamer/fixtures'
import { openStore } from '@datastreamer/store'
import { expect, test } from 'vitest'
import { StreamFileSource } from '../src/source/stream-file-source.ts'

test('what a truncation removes from a file that is read to its end is not waited for', async () => {
  using dir = tempDir()
  const file = dir.join('s.bin')
  await using store = await openStore({ file, fsync: 'never' })
  store.startAtomicOp()
  // Two do not fit into a page: each is read alone.
  for (let i = 0; i < 3; i++) store.addStreamEntry(1, new Uint8Array(600_000))
  await store.commitAtomicOp()
  await using source = await StreamFileSource.open({ file, streamType: 1n, follow: true, note: () => undefined })
  const batches = source.batches({ follow: false })
  expect((await batches.next()).value?.length).toBe(1)
  // By then it is known what each page held, so that no more is taken for truncated than was.
  expect(await source.getFirstEventAfterBookmark(Uint8Array.of(1))).toBeUndefined()
  await store.truncateFile(1n)
  expect((await batches.next()).done).toBe(true)
})
